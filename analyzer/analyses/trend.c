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

static void look_at_persistence(const double *floor_level, size_t count, struct trend *trend)
{
        size_t third = count / 3;
        double first = median(floor_level, third), last = median(floor_level + count - third, third);
        double middle = median(floor_level + third, count - 2 * third);

        for (size_t i = 1; i < count; i++)
                trend->rises += floor_level[i] > floor_level[i - 1];
        trend->blocks = count;
        trend->pace = middle > first ? fmax(last - middle, 0) / (middle - first) : 0;
}

bool trend_fit(const double *level, size_t count, struct trend *ret_trend)
{
        double floor_level[TREND_BLOCKS] = {0};
        size_t skipped = count / TREND_WARM_UP_PARTS;

        if (count < TREND_LEVELS_MIN)
                return false;
        if (count - skipped < TREND_LEVELS_MIN)
                skipped = count - TREND_LEVELS_MIN;

        size_t left = count - skipped, block = (left + TREND_BLOCKS - 1) / TREND_BLOCKS, blocks = left / block;

        level += count - blocks * block; /* what is over joins the warm-up */
        for (size_t i = 0; i < blocks; i++) {
                floor_level[i] = level[i * block];
                for (size_t j = 1; j < block; j++)
                        floor_level[i] = fmin(floor_level[i], level[i * block + j]);
        }
        *ret_trend = (struct trend){.steps = blocks * block, .level = median(floor_level, blocks)};
        fit_slope(floor_level, blocks, (double)block, ret_trend);
        look_at_persistence(floor_level, blocks, ret_trend);
        ret_trend->rise = ret_trend->slope * (double)ret_trend->steps;
        return true;
}

bool trend_grows(const struct trend *trend)
{
        size_t steps = trend->blocks - 1;
        bool often = trend->rises * 2 >= steps, nearly_always = trend->rises * 4 >= steps * 3;

        return trend->low > 0 && often && trend->pace > 0 && (trend->rise > 0.05 * trend->level || nearly_always);
}
