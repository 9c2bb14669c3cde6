/* Which allocations a sample takes: those that hold a point of a Poisson process over all bytes that are allocated, one
 * in `rate` on average. So a block of n bytes is taken with the probability 1 - exp(-n / rate), whatever was taken
 * before it; and as the process has no memory, each heap may have one of its own, and each of its size classes too.
 *
 * Of a class it is drawn at once how many allocations are passed over until the next that is taken. Everything is
 * integers: floating-point flags and exceptions are the program's. */
#ifndef PRELOAD_ALLOC_SAMPLING_H
#define PRELOAD_ALLOC_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/alloc/size_class.h"

/* Of one heap; only its user touches it. */
struct sampling {
        bool on;
        uint64_t random;
        /* By class: how many allocations are passed over yet. What the fast path does counts when it is settled. */
        uint32_t until[SIZE_CLASSES];
};

enum { SAMPLING_RATE_MAX = 1 << 30 };

/* Before the first sampling begins. rate: 1 to SAMPLING_RATE_MAX bytes. */
void samplings_open(uint64_t rate, uint64_t seed);
void samplings_seed(uint64_t seed); /* another, for those that begin from now on */
bool samplings_are_open(void);

void sampling_begin(struct sampling *sampling); /* draws all anew */

/* So many allocations of a class were passed over. */
static inline void sampling_pass(struct sampling *sampling, unsigned size_class, uint32_t count)
{
        uint32_t *until = &sampling->until[size_class];

        *until -= count < *until ? count : *until;
}

/* One more of the class is allocated: true if it is taken. */
bool sampling_takes_class(struct sampling *sampling, unsigned size_class);

/* Another block, or what one has grown by: true if it is taken. */
bool sampling_takes(struct sampling *sampling, size_t bytes);

/* A block that was taken has shrunk: true if its point lies in what is left. */
bool sampling_keeps(struct sampling *sampling, size_t bytes_before, size_t bytes);

/* How many bytes lie before the next point, in units of 2^-20 bytes; exponentially distributed. For tests. */
enum { SAMPLING_SHIFT = 20 };
uint64_t sampling_distance(struct sampling *sampling);

#endif
