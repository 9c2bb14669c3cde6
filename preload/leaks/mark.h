/* Marking: what can be reached from the roots, by start-pointers alone or by pointers into blocks too.
 *
 * As memcheck has it: a block is reached if there is a chain of start-pointers to it from a root; it is possibly lost
 * if there are only chains in which a pointer leads into a block, unless a heuristic explains that one (explain.h). */
#ifndef PRELOAD_LEAKS_MARK_H
#define PRELOAD_LEAKS_MARK_H

#include "preload/leaks/blocks.h"

struct leak_mark_order {
        const struct leak_roots *roots;
        const struct leak_root *more; /* one more of them */
        /* Of the list of blocks to be scanned, a power of two; if it is too short for the heap, the scan takes longer,
         * and nothing else. */
        size_t places;
        /* By number of a block, to be filled in with where the pointer lies that has reached it first; all zero. Then
         * the shortest ways come first, so that chains are short. NULL: not asked for. */
        uintptr_t *from;
};
enum { LEAK_MARK_PLACES = 1 << 20 };

struct leak_marked {
        uint64_t root_bytes, heap_bytes; /* scanned outside of blocks, and of blocks */
};

/* False: no memory. */
bool leak_mark(struct leak_blocks *blocks, const struct leak_mark_order *order, struct leak_marked *ret_marked);

#endif
