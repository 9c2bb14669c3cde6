/* Memory of a scan: zeroed, straight from the kernel, and resident only where it is touched. */
#ifndef PRELOAD_LEAKS_PAGES_H
#define PRELOAD_LEAKS_PAGES_H

#include <stddef.h>
#include <sys/mman.h>

static inline void *pages_map(size_t bytes) /* NULL: no memory */
{
        void *start = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                           -1, 0);

        return start == MAP_FAILED ? NULL : start;
}

static inline void pages_unmap(void *start, size_t bytes) /* NULL: does nothing */
{
        if (start)
                munmap(start, bytes ? bytes : 1);
}

#endif
