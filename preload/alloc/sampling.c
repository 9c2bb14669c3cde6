/* The draws of a sample. */
#include "preload/alloc/sampling.h"

#include <stdatomic.h>

__extension__ typedef unsigned __int128 wide;

static uint64_t rate; /* 0: nothing is sampled */
static _Atomic uint64_t seed;

enum { ROUNDS_MAX = 1000 }; /* e^-1000 is never */

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* splitmix64. */
static uint64_t mix(uint64_t x)
{
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

static uint64_t random_next(struct sampling *sampling)
{
        return mix(sampling->random += GOLDEN);
}

void samplings_open(uint64_t bytes, uint64_t first)
{
        rate = bytes < 1 ? 1 : bytes > SAMPLING_RATE_MAX ? SAMPLING_RATE_MAX : bytes;
        samplings_seed(first);
}

void samplings_seed(uint64_t first)
{
        atomic_store_explicit(&seed, mix(first + GOLDEN), memory_order_relaxed);
}

bool samplings_are_open(void)
{
        return rate != 0;
}

/* True with the probability exp(-x / 2^64). Of a row of random numbers, each below the one before it, the first below
 * x, it is known how often its length is even: 1 - x + x^2 / 2! - x^3 / 3! and so on. */
static bool is_spared(struct sampling *sampling, uint64_t x)
{
        bool even = true;

        for (uint64_t last = x, next; (next = random_next(sampling)) < last; last = next)
                even = !even;
        return even;
}

/* Von Neumann's way to an exponential variate, exact but for the last of 64 bits: its fraction is a random number that
 * is_spared, and how many were not before it is its whole part. */
uint64_t sampling_distance(struct sampling *sampling)
{
        for (uint64_t whole = 0;; whole++) {
                uint64_t fraction = random_next(sampling);

                if (is_spared(sampling, fraction) || whole == ROUNDS_MAX)
                        return (whole * rate << SAMPLING_SHIFT) +
                               (uint64_t)((wide)fraction * rate >> (64 - SAMPLING_SHIFT));
        }
}

static uint32_t draw(struct sampling *sampling, unsigned size_class)
{
        uint64_t count = sampling_distance(sampling) / ((uint64_t)size_classes[size_class].bytes << SAMPLING_SHIFT);

        return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

void sampling_begin(struct sampling *sampling)
{
        sampling->random = mix(atomic_fetch_add_explicit(&seed, GOLDEN, memory_order_relaxed));
        for (unsigned c = 0; c < SIZE_CLASSES; c++)
                sampling->until[c] = draw(sampling, c);
        sampling->on = true;
}

bool sampling_takes_class(struct sampling *sampling, unsigned size_class)
{
        if (sampling->until[size_class]) {
                sampling->until[size_class]--;
                return false;
        }
        sampling->until[size_class] = draw(sampling, size_class);
        return true;
}

bool sampling_takes(struct sampling *sampling, size_t bytes)
{
        return sampling_distance(sampling) >> SAMPLING_SHIFT < bytes;
}

/* The first point of a block that has one, in units of 2^-64 of the block: an exponential variate below its end. */
static uint64_t first_point(struct sampling *sampling, size_t bytes)
{
        uint64_t bytes_fine, point;

        if (bytes < rate) { /* it is nearly uniform, and what is too much of it goes */
                uint64_t part = (uint64_t)(((wide)bytes << 64) / rate);

                do
                        point = random_next(sampling);
                while (!is_spared(sampling, (uint64_t)((wide)point * part >> 64)));
                return point;
        }
        if (bytes >> (63 - SAMPLING_SHIFT))
                return 0;
        bytes_fine = (uint64_t)bytes << SAMPLING_SHIFT;
        while ((point = sampling_distance(sampling)) >= bytes_fine)
                ;
        return (uint64_t)(((wide)point << 64) / bytes_fine);
}

bool sampling_keeps(struct sampling *sampling, size_t bytes_before, size_t bytes)
{
        return bytes >= bytes_before || (wide)first_point(sampling, bytes_before) * bytes_before >> 64 < bytes;
}
