/* Memory that is ours and not the program's: no roots lie in it. */
#ifndef PRELOAD_LEAKS_OWN_H
#define PRELOAD_LEAKS_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct own_range {
        uintptr_t start, end;
};

struct own {
        struct own_range *range;
        size_t count, max;
        bool incomplete; /* there was no room for more */
};

/* Fills in what the pools, the recorder and the library itself have; range and max are the caller's. Needs no lock and
 * no system call. */
void own_collect(struct own *own);
void own_add(struct own *own, const void *start, size_t bytes);
void own_sort(struct own *own); /* when all is in it: from then on they rise and do not overlap */
bool own_holds(const struct own *own, uintptr_t address);

/* The first piece of [start, end) outside of all ranges; false: there is none. */
bool own_outside(const struct own *own, uintptr_t start, uintptr_t end, uintptr_t *ret_start, uintptr_t *ret_end);

#endif
