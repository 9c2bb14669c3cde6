/* Bin numbers, rounded towards the past on both sides of the base so that merging is a shift. */
#include "analyzer/model/clock.h"

void clock_start(struct clock *clock, uint64_t base_ns)
{
        if (clock->started)
                return;
        *clock = (struct clock){.started = true, .base_ns = base_ns};
}

int64_t clock_bin(struct clock *clock, uint64_t time_ns)
{
        int64_t distance = (int64_t)(time_ns - clock->base_ns);
        int64_t bin = distance / CLOCK_BIN_NS;

        if (distance < 0 && distance % CLOCK_BIN_NS)
                bin--;
        bin >>= clock->doublings;
        if (bin < clock->first)
                clock->first = bin;
        if (bin > clock->last)
                clock->last = bin;
        while (clock->last - clock->first >= CLOCK_BINS_MAX) {
                clock->doublings++;
                clock->first >>= 1;
                clock->last >>= 1;
                bin >>= 1;
        }
        return bin;
}

uint64_t clock_bin_ns(const struct clock *clock)
{
        return (uint64_t)CLOCK_BIN_NS << clock->doublings;
}
