/* Does a curve really rise? Robust statistics on evenly spaced levels.
 *
 * The curve is cut into blocks of equal length and each block stands for its minimum: the floor of a saw-tooth (a cache
 * that is flushed, a queue that drains) is flat even while its teeth rise. The slope is Theil and Sen's: the median of
 * the slopes of all pairs (Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63, 1968); a few
 * blocks that are far off do not move it. Its interval is Sen's too: the variance of Kendall's S, corrected for ties,
 * says how many of the sorted slopes lie between the bounds. */
#ifndef ANALYZER_ANALYSES_TREND_H
#define ANALYZER_ANALYSES_TREND_H

#include <stdbool.h>
#include <stddef.h>

enum {
        TREND_LEVELS_MIN = 8, /* with fewer levels nothing is said */
        TREND_BLOCKS = 12,
        TREND_WARM_UP_PARTS = 4, /* the first of so many parts of the curve is left out */
        /* A curve with fewer steps upward does not grow: for each block that stands above the one before, one of its
         * own leads up to it, and there are at least six blocks. */
        TREND_STEPS_UP_MIN = 3,
};

struct trend {
        double slope, low, high; /* per step of the curve; low and high: 95 % interval */
        double level;            /* the median of the floor */
        double rise;             /* along what was looked at: slope times steps */
        size_t steps;            /* that were looked at, warm-up left out */
        size_t rises, blocks;    /* how many of the blocks stand above the one before */
        double pace;             /* the rise of the last third against that of the middle: 1 steady, 0 has stopped */
};

/* False: too few levels. */
bool trend_fit(const double *level, size_t count, struct trend *ret_trend);

/* Growth, not chance and not one step: the interval is above zero, the floor rises at least every second block and from
 * third to third, and the rise is worth it (5 % of the level) or goes on nearly all the time. */
bool trend_grows(const struct trend *trend);

/* False: trend_grows would be. Costs less than trend_fit. */
bool trend_may_grow(const double *level, size_t count);

#endif
