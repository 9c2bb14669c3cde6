/* Theil–Sen on block minima. */
#include "analyzer/analyses/trend.h"

#include <math.h>
#include <stdlib.h>

enum { PAIRS = TREND_BLOCKS * (TREND_BLOCKS - 1) / 2 };

static int double_compare(const void *left, const void *right)
{
        const double *a = left, *b = right;

        return (*a > *b) - (*a < *b);
}

static double median(const double *value, size_t count)
{
        double sorted[PAIRS];

        for (size_t i = 0; i < count; i++)
                sorted[i] = value[i];
        qsort(sorted, count, sizeof *sorted, double_compare);
        return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* The variance of Kendall's S when there is no trend; equal values carry no order. */
static double kendall_variance(const double *value, size_t count)
{
        double sorted[TREND_BLOCKS], n = (double)count, variance = n * (n - 1) * (2 * n + 5);

        for (size_t i = 0; i < count; i++)
                sorted[i] = value[i];
        qsort(sorted, count, sizeof *sorted, double_compare);
        for (size_t i = 0, end; i < count; i = end) {
                for (end = i; end < count && sorted[end] <= sorted[i];)
                        end++;
                double ties = (double)(end - i);

                variance -= ties * (ties - 1) * (2 * ties + 5);
        }
        return variance / 18;
}

static void fit_slope(const double *floor_level, size_t count, double block_steps, struct trend *trend)
{
        const double z = 1.96; /* 95 %, two-sided */
        double slope[PAIRS];
        size_t pairs = 0;

        for (size_t i = 0; i < count; i++)
                for (size_t j = i + 1; j < count; j++)
                        slope[pairs++] = (floor_level[j] - floor_level[i]) / ((double)(j - i) * block_steps);
        qsort(slope, pairs, sizeof *slope, double_compare);

        double half = z * sqrt(fmax(kendall_variance(floor_level, count), 0));
        double low = floor(((double)pairs - half) / 2), high = ceil(((double)pairs + half) / 2);

        trend->slope = median(slope, pairs);
        trend->low = slope[low < 0 ? 0 : (size_t)low];
        trend->high = slope[high > (double)(pairs - 1) ? pairs - 1 : (size_t)high];
}

static size_t count_rises(const double *floor_level, size_t count)
{
        size_t rises = 0;

        for (size_t i = 1; i < count; i++)
                rises += floor_level[i] > floor_level[i - 1];
        return rises;
}

static void look_at_persistence(const double *floor_level, size_t count, struct trend *trend)
{
        size_t third = count / 3;
        double first = median(floor_level, third), last = median(floor_level + count - third, third);
        double middle = median(floor_level + third, count - 2 * third);

        trend->rises = count_rises(floor_level, count);
        trend->blocks = count;
        trend->pace = middle > first ? fmax(last - middle, 0) / (middle - first) : 0;
}

/* Where the blocks begin, how long they are, and how many. What is over joins the warm-up. */
struct cut {
        size_t first, block, blocks;
};

static struct cut cut(size_t count)
{
        size_t skipped = count / TREND_WARM_UP_PARTS;

        if (count - skipped < TREND_LEVELS_MIN)
                skipped = count - TREND_LEVELS_MIN;

        size_t left = count - skipped, block = (left + TREND_BLOCKS - 1) / TREND_BLOCKS;

        return (struct cut){count - left / block * block, block, left / block};
}

static void find_floor(const double *level, const struct cut *cut, double *floor_level)
{
        for (size_t i = 0; i < cut->blocks; i++) {
                const double *at = level + cut->first + i * cut->block;
                double lowest = *at;

                for (size_t j = 1; j < cut->block; j++)
                        lowest = at[j] < lowest ? at[j] : lowest;
                floor_level[i] = lowest;
        }
}

static bool rises_often(size_t rises, size_t blocks)
{
        return rises * 2 >= blocks - 1;
}

bool trend_fit(const double *level, size_t count, struct trend *ret_trend)
{
        double floor_level[TREND_BLOCKS] = {0};
        struct cut blocks;

        if (count < TREND_LEVELS_MIN)
                return false;
        blocks = cut(count);
        find_floor(level, &blocks, floor_level);
        *ret_trend = (struct trend){.steps = blocks.blocks * blocks.block, .level = median(floor_level, blocks.blocks)};
        fit_slope(floor_level, blocks.blocks, (double)blocks.block, ret_trend);
        look_at_persistence(floor_level, blocks.blocks, ret_trend);
        ret_trend->rise = ret_trend->slope * (double)ret_trend->steps;
        return true;
}

bool trend_grows(const struct trend *trend)
{
        bool often = rises_often(trend->rises, trend->blocks);
        bool nearly_always = trend->rises * 4 >= (trend->blocks - 1) * 3;

        return trend->low > 0 && often && trend->pace > 0 && (trend->rise > 0.05 * trend->level || nearly_always);
}

bool trend_may_grow(const double *level, size_t count)
{
        double floor_level[TREND_BLOCKS] = {0};
        struct cut blocks;

        if (count < TREND_LEVELS_MIN)
                return false;
        blocks = cut(count);
        find_floor(level, &blocks, floor_level);
        return rises_often(count_rises(floor_level, blocks.blocks), blocks.blocks);
}
