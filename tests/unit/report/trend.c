/* What counts as growth. */
#include "analyzer/analyses/trend.h"

#include <criterion/criterion.h>
#include <math.h>

enum { LEVELS = 400 };

static double level[LEVELS];

/* A reproducible number from 0 to 1. */
static double chance(unsigned *state)
{
        *state = *state * 1664525u + 1013904223u;
        return (*state >> 8) / 16777216.0;
}

static bool grows(size_t count, struct trend *ret_trend)
{
        return trend_fit(level, count, ret_trend) && trend_grows(ret_trend);
}

Test(trend, a_straight_line_has_its_own_slope)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = 50 + 3.5 * (double)i;
        cr_assert(grows(LEVELS, &trend));
        cr_expect_float_eq(trend.slope, 3.5, 1e-9);
        cr_expect_float_eq(trend.low, 3.5, 1e-9);
        cr_expect_float_eq(trend.high, 3.5, 1e-9);
        cr_expect_float_eq(trend.pace, 1, 0.01);
}

Test(trend, few_levels_say_nothing)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = (double)i;
        cr_expect_not(trend_fit(level, TREND_LEVELS_MIN - 1, &trend));
        for (size_t count = TREND_LEVELS_MIN; count < 100; count++)
                cr_expect(grows(count, &trend), "%zu levels", count);
}

Test(trend, a_flat_line_does_not_grow)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = 1e6;
        cr_expect_not(grows(LEVELS, &trend));
        cr_expect_eq(trend.slope, 0);
}

Test(trend, warm_up_does_not_count)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = 1000 * fmin((double)i, LEVELS / 5.0);
        cr_expect_not(grows(LEVELS, &trend));
}

Test(trend, steps_are_not_growth)
{
        struct trend trend;

        for (size_t first = 1; first < LEVELS; first++) {
                for (size_t i = 0; i < LEVELS; i++)
                        level[i] = (i >= first) + (i >= first + 90) + (i >= first + 180);
                cr_expect_not(grows(LEVELS, &trend), "steps from %zu on", first);
        }
}

Test(trend, a_saw_tooth_does_not_grow_but_its_floor_may)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = 1000.0 * (double)(i % 23);
        cr_expect_not(grows(LEVELS, &trend));
        for (size_t i = 0; i < LEVELS; i++)
                level[i] += 10.0 * (double)i;
        cr_expect(grows(LEVELS, &trend));
        cr_expect_float_eq(trend.slope, 10, 3);
}

Test(trend, a_small_leak_shows_on_a_large_level)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = 1e9 + (double)i;
        cr_expect(grows(LEVELS, &trend));
        cr_expect_float_eq(trend.slope, 1, 1e-6);
}

Test(trend, noise_is_seldom_taken_for_growth)
{
        unsigned state = 1, wrong = 0;
        struct trend trend;

        for (unsigned run = 0; run < 1000; run++) {
                for (size_t i = 0; i < LEVELS; i++)
                        level[i] = 1000 + 100 * chance(&state);
                wrong += grows(LEVELS, &trend);
        }
        cr_expect_leq(wrong, 10, "%u of 1000", wrong);
}

Test(trend, a_leak_under_noise_is_found_and_its_interval_holds_it)
{
        unsigned state = 2, found = 0, held = 0;
        struct trend trend;

        for (unsigned run = 0; run < 200; run++) {
                for (size_t i = 0; i < LEVELS; i++)
                        level[i] = 1000 + 2.0 * (double)i + 200 * chance(&state);
                found += grows(LEVELS, &trend);
                held += trend.low <= 2 && 2 <= trend.high;
        }
        cr_expect_geq(found, 199, "%u of 200", found);
        cr_expect_geq(held, 180, "%u of 200", held);
}

Test(trend, what_shrinks_does_not_grow)
{
        struct trend trend;

        for (size_t i = 0; i < LEVELS; i++)
                level[i] = 1e6 - 10.0 * (double)i;
        cr_expect_not(grows(LEVELS, &trend));
        cr_expect_lt(trend.slope, 0);
}
