/* Marking: what can be reached from the roots, by start-pointers alone or by pointers into blocks too.
 *
 * As memcheck has it: a block is reached if there is a chain of start-pointers to it from a root; it is possibly lost
 * if there are only chains in which a pointer leads into a block, unless a heuristic explains that one (explain.h). */
#ifndef PRELOAD_LEAKS_MARK_H
#define PRELOAD_LEAKS_MARK_H

#include "preload/leaks/blocks.h"

struct leak_marked {
        uint64_t root_bytes, heap_bytes; /* scanned outside of blocks, and of blocks */
        /* By number of a block, where the pointer lies that has reached it first; NULL: not asked for. Shortest ways
         * first, so that the chains are short. */
        uintptr_t *from;
};

/* `places`: of the list of blocks to be scanned, a power of two; if it is too short for the heap, the scan takes
 * longer, and nothing else. `from`: as many words as there are blocks, or NULL. False: no memory. */
enum { LEAK_MARK_PLACES = 1 << 20 };
bool leak_mark(struct leak_blocks *blocks, const struct leak_roots *roots, size_t places, uintptr_t *from,
               struct leak_marked *ret_marked);

#endif
