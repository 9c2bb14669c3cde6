/* Sorting ranges where libc's qsort cannot be used, since it may allocate: ascending by their start, by Shell, as they
 * come nearly in order. */
#ifndef PRELOAD_RECORD_RANGES_H
#define PRELOAD_RECORD_RANGES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { RANGE_BYTES_MAX = 64 };

/* `array` has `count` elements of `bytes` bytes, RANGE_BYTES_MAX at most, which begin with their start. */
static inline void ranges_sort(void *array, size_t count, size_t bytes)
{
        char *element = array;

        for (size_t gap = count / 2; gap; gap /= 2)
                for (size_t i = gap; i < count; i++) {
                        char moving[RANGE_BYTES_MAX];
                        uint64_t start, before;
                        size_t at = i;

                        memcpy(moving, element + i * bytes, bytes);
                        memcpy(&start, moving, sizeof start);
                        for (; at >= gap; at -= gap) {
                                memcpy(&before, element + (at - gap) * bytes, sizeof before);
                                if (before <= start)
                                        break;
                                memcpy(element + at * bytes, element + (at - gap) * bytes, bytes);
                        }
                        memcpy(element + at * bytes, moving, bytes);
                }
}

#endif
