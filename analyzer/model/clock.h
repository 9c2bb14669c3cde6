/* Time bins. The width doubles whenever the run has outgrown the bins, so their number is bounded for any run; what was
 * counted in narrow bins is merged by whoever touches it next.
 *
 * The base is the first time seen, which need not be the earliest: frames of a busy thread arrive before those of an
 * idle one. Bin numbers are therefore signed. */
#ifndef MODEL_CLOCK_H
#define MODEL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
        CLOCK_BIN_NS = 1000000, /* at first */
        CLOCK_BINS_MAX = 512,
};

struct clock {
        bool started;
        uint64_t base_ns;
        unsigned doublings;
        int64_t first, last; /* bins in which something happened */
};

void clock_start(struct clock *clock, uint64_t base_ns); /* only the first call counts */
int64_t clock_bin(struct clock *clock, uint64_t time_ns);
uint64_t clock_bin_ns(const struct clock *clock);

#endif
