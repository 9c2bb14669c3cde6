/* What one block of a sample stands for.
 *
 * A sample takes a block of `usable` bytes with the probability 1 - exp(-usable / rate); so each that was taken stands
 * for 1 / (1 - exp(-usable / rate)) blocks like it. Integers alone, so that both halves and all machines agree to the
 * last bit, and because a program may have floating-point exceptions of its own. */
#ifndef WIRE_WEIGHT_H
#define WIRE_WEIGHT_H

#include <stdint.h>

enum {
        WIRE_WEIGHT_ONE = 1 << 12,      /* weights are in units of 1/4096: rounding is off by 0.012 % at most */
        WIRE_SAMPLE_RATE_MAX = 1 << 30, /* bytes */
};

__extension__ typedef unsigned __int128 wire_wide;

/* The weight of a block of a sample that takes one byte in `rate`. rate: 1 to WIRE_SAMPLE_RATE_MAX. */
static inline uint64_t wire_weight(uint64_t rate, uint64_t usable)
{
        enum { BITS = 62 };
        const uint64_t one = UINT64_C(1) << BITS;
        unsigned doublings = 0;
        uint64_t x, y;

        if (usable == 0)
                usable = 1;
        if (usable / 16 >= rate) /* exp(-16) is less than half a unit */
                return WIRE_WEIGHT_ONE;
        /* 1 - exp(-x) by its series, where x is small; then doubled: 1 - exp(-2x) = y * (2 - y). */
        while (usable << 8 >> doublings > rate)
                doublings++;
        x = (uint64_t)(((wire_wide)usable << (BITS - doublings)) / rate);
        y = one - x / 5;
        for (unsigned n = 4; n > 1; n--)
                y = one - (uint64_t)((wire_wide)(x / n) * y >> BITS);
        y = (uint64_t)((wire_wide)x * y >> BITS);
        while (doublings--)
                y = (uint64_t)((wire_wide)y * (2 * one - y) >> BITS);
        return (uint64_t)((((wire_wide)WIRE_WEIGHT_ONE << (BITS + 1)) / y + 1) / 2);
}

#endif
