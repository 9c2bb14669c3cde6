/* Stack ids: 32-bit names of backtraces, shared by all threads: 1, 2, 3 and so on in the order in which they are first
 * seen, so that stacks that come one after the other have ids that lie together.
 *
 * A stack is known by the chained hash of its frames, outermost first. Its id is written once by compare-and-swap;
 * whoever wins defines the stack in its event stream. An id is left out when two threads see a stack for the first time
 * at once. Tables grow in a chain, the newest first in every search.
 * 64-bit hashes of a million stacks collide with a probability of 3e-8. */
#ifndef PRELOAD_RECORD_STACKS_H
#define PRELOAD_RECORD_STACKS_H

#include <stdbool.h>
#include <stdint.h>

bool stacks_open(void); /* in the constructor; false: no memory */

/* The id of a hash (not 0). ret_new: the caller has put it there and must define it. 0: the tables are full. */
uint32_t stacks_intern(uint64_t hash, bool *ret_new);

uint32_t stacks_find(uint64_t hash); /* 0: there is none */

uint64_t stacks_count(void);
uint64_t stacks_bytes(void); /* of address space */

/* The hash of a stack from that of its caller (0 for the outermost frame) and its own key (pc and generation). */
static inline uint64_t stacks_chain(uint64_t outer, uint64_t key)
{
        __uint128_t product = (__uint128_t)(outer ^ UINT64_C(0x9e3779b97f4a7c15)) *
                              ((key << 16 | key >> 48) ^ UINT64_C(0xd6e8feb86659fd93));
        uint64_t hash = (uint64_t)product ^ (uint64_t)(product >> 64);

        return hash ? hash : 1;
}

#endif
