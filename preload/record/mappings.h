/* The recorder's own mappings, so that they can be told from the program's when memory is measured. */
#ifndef PRELOAD_RECORD_MAPPINGS_H
#define PRELOAD_RECORD_MAPPINGS_H

#include <stddef.h>

struct mapping {
        const void *start;
        size_t bytes;
        struct mapping *next;
};

/* `mapping` is the caller's memory; it and what it names stay for good. */
void mappings_add(struct mapping *mapping, const void *start, size_t bytes);
const struct mapping *mappings_first(void); /* then along next */

#endif
