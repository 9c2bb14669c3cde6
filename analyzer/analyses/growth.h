/* Which places grow: measured once, told by the summary and by the table GROWTH. */
#ifndef ANALYZER_ANALYSES_GROWTH_H
#define ANALYZER_ANALYSES_GROWTH_H

#include "analyzer/analyses/places.h"
#include "analyzer/analyses/trend.h"

enum {
        GROWTH_RUN_MS_MIN = 500 /* what a shorter run builds up is its work, not its growth */
};

struct growing {
        size_t place;
        const struct process *process;
        double rate, low, high; /* bytes a second, 95 % interval */
        double pace;
        int64_t live_bytes; /* of this process, at its end */
};

struct growth {
        bool measured; /* false: too short to tell */
        struct growing *growing;
        size_t count;
        double rate, low, high; /* of all growing places together */
        /* Of the main process, if it has a memory limit and grows; else 0. */
        double limit_seconds, limit_seconds_low, limit_seconds_high;
};

void growth_measure(struct profile *profile, const struct places *places, struct growth *ret_growth);
void growth_free(struct growth *growth);

#endif
