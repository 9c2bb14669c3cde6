/* The policy of the governor, for every strain from every state. */
#include <criterion/criterion.h>
#include <string.h>

#include "preload/alloc/policy.h"

enum { MIB = 1 << 20, GIB = 1 << 30 };

static const struct purge_limits configured = {.retain_bytes = 4 * MIB, .most_bytes = 64 * MIB, .decay_ms = 1000};
static struct policy policy;
static uint64_t now_ms;

static void begin(void)
{
        now_ms = 100000;
        policy_begin(&policy, configured);
}

TestSuite(policy, .init = begin);

static bool is_configured(void)
{
        return policy.steps == 0 && memcmp(&policy.now, &configured, sizeof configured) == 0;
}

static bool is_empty(void)
{
        return policy.now.retain_bytes == 0 && policy.now.most_bytes == 0 && policy.now.decay_ms == 0;
}

static struct policy_reading reading(int percent)
{
        return (struct policy_reading){
                .now_ms = now_ms,
                .used = percent == POLICY_UNKNOWN ? POLICY_UNKNOWN : percent * POLICY_PERCENT,
                .limit_bytes = 4ul * GIB,
                .retained_bytes = 64 * MIB,
        };
}

static enum policy_move decide(int percent)
{
        struct policy_reading with = reading(percent);

        now_ms += 1000;
        with.now_ms = now_ms;
        return policy_decide(&policy, &with);
}

static enum policy_move decide_needed(int percent)
{
        struct policy_reading with = reading(percent);

        now_ms += 1000;
        with.now_ms = now_ms;
        with.purged_bytes = 40 * MIB;
        with.refaulted_bytes = 20 * MIB;
        return policy_decide(&policy, &with);
}

Test(policy, below_80_percent_what_is_configured_holds)
{
        for (int percent = 0; percent < 80; percent++) {
                cr_assert_eq(decide(percent), POLICY_STAY, "%d %%", percent);
                cr_assert(is_configured());
        }
        cr_assert_eq(decide(POLICY_UNKNOWN), POLICY_STAY);
}

Test(policy, above_80_percent_limits_are_halved_step_by_step_down_to_nothing)
{
        size_t most = configured.most_bytes;

        for (int step = 1; step <= 6; step++) {
                most /= 2;
                cr_assert_eq(decide(80 + step), POLICY_SQUEEZE);
                cr_assert_eq(policy.now.most_bytes, most);
                cr_assert_leq(policy.now.retain_bytes, most / 2);
                cr_assert_eq(policy.now.decay_ms, configured.decay_ms >> step);
        }
        cr_assert_eq(decide(80), POLICY_EMPTY);
        cr_assert(is_empty());
        cr_assert_eq(decide(80), POLICY_STAY, "there is nothing to halve");
        cr_assert(is_empty());
}

Test(policy, from_95_percent_on_nothing_may_stay_at_once)
{
        for (int percent = 95; percent < 200; percent++) {
                begin();
                cr_assert_eq(decide(percent), POLICY_EMPTY);
                cr_assert(is_empty());
        }
}

Test(policy, limits_that_are_far_away_are_not_halved_for_nothing)
{
        policy_begin(&policy, (struct purge_limits){1ul << 40, 1ul << 40, 4000000000});
        cr_assert_eq(decide(85), POLICY_SQUEEZE);
        cr_assert_eq(policy.now.most_bytes, 32 * MIB, "half of what was kept");
        cr_assert_eq(policy.now.retain_bytes, 16 * MIB);
}

Test(policy, tasks_that_wait_for_memory_squeeze_like_use)
{
        struct policy_reading with = reading(10);

        with.stalled = 10 * POLICY_PERCENT;
        cr_assert_eq(policy_decide(&policy, &with), POLICY_SQUEEZE);
        cr_assert(policy_is_stalled(&with));
        with.stalled_all = 5 * POLICY_PERCENT;
        cr_assert_eq(policy_decide(&policy, &with), POLICY_EMPTY);
        with = reading(POLICY_UNKNOWN);
        with.stalled = 10 * POLICY_PERCENT;
        begin();
        cr_assert_eq(policy_decide(&policy, &with), POLICY_SQUEEZE, "also where no limit is known");
}

Test(policy, between_70_and_80_percent_who_is_squeezed_stays_so)
{
        decide(85);
        for (int second = 0; second < 1000; second++)
                cr_assert_eq(decide(70 + second % 10), POLICY_STAY);
        cr_assert_eq(policy.now.most_bytes, 32 * MIB);
}

Test(policy, when_the_pressure_is_gone_limits_return_step_by_step)
{
        size_t most = 0;
        int moves = 0;

        decide(99);
        for (int second = 0; second < 60; second++) {
                enum policy_move move = decide(second % 2 ? 69 : POLICY_UNKNOWN);

                cr_assert(move == POLICY_STAY || move == POLICY_RETURN);
                cr_assert_geq(policy.now.most_bytes, most);
                most = policy.now.most_bytes;
                moves += move == POLICY_RETURN;
        }
        cr_assert(is_configured());
        cr_assert_eq(moves, 4);
}

Test(policy, there_is_a_rest_before_each_step_back)
{
        uint64_t moved_ms;

        decide(85), decide(85);
        moved_ms = now_ms;
        while (decide(50) == POLICY_STAY)
                ;
        cr_assert_geq(now_ms - moved_ms, POLICY_REST_MS);
}

Test(policy, a_step_back_that_was_too_soon_makes_the_next_rest_longer)
{
        unsigned rest = policy.rest_ms;

        decide(85);
        for (int i = 0; i < 20; i++) {
                while (decide(50) != POLICY_RETURN)
                        ;
                cr_assert_neq(decide(85), POLICY_STAY);
                cr_assert_geq(policy.rest_ms, rest);
                rest = policy.rest_ms;
        }
        cr_assert_eq(rest, POLICY_REST_MS_MAX);
        for (int second = 0; second < 4000; second++)
                decide(50);
        cr_assert(is_configured());
        decide(85);
        cr_assert_eq(policy.rest_ms, POLICY_REST_MS, "after a long calm it is forgotten");
}

Test(policy, with_room_limits_are_doubled_while_purged_memory_is_needed_again)
{
        cr_assert_eq(decide(10), POLICY_STAY, "not just because there is room");
        for (int step = 1; step <= POLICY_DOUBLINGS; step++) {
                cr_assert_eq(decide_needed(30), POLICY_RELAX);
                cr_assert_eq(policy.now.most_bytes, configured.most_bytes << step);
                cr_assert_eq(policy.now.decay_ms, configured.decay_ms << step);
                cr_assert_eq(policy.now.retain_bytes, configured.retain_bytes);
        }
        cr_assert_eq(decide_needed(10), POLICY_STAY, "there is a cap");
}

Test(policy, limits_are_not_doubled_past_an_eighth_of_the_limit)
{
        struct policy_reading with = reading(10);

        for (int step = 0; step < 10; step++) {
                with.now_ms += 1000;
                with.limit_bytes = 600 * MIB;
                with.purged_bytes = with.refaulted_bytes = 20 * MIB;
                policy_decide(&policy, &with);
                cr_assert_leq(policy.now.most_bytes, configured.most_bytes);
        }
}

Test(policy, doubled_limits_return_when_nothing_needs_them_or_room_is_gone)
{
        decide_needed(10), decide_needed(10);
        cr_assert_eq(decide(33), POLICY_STAY, "hysteresis");
        for (int second = 0; second < 7; second++)
                cr_assert_eq(decide(10), POLICY_STAY);
        for (int second = 0; second < 5; second++)
                decide(10);
        cr_assert(is_configured());

        decide_needed(10), decide_needed(10);
        cr_assert_eq(decide_needed(36), POLICY_RETURN);
        cr_assert_eq(decide_needed(36), POLICY_RETURN);
        cr_assert(is_configured());
        cr_assert_eq(decide_needed(36), POLICY_STAY);

        decide_needed(10);
        cr_assert_eq(decide(85), POLICY_SQUEEZE);
        cr_assert_leq(policy.now.most_bytes, configured.most_bytes / 2, "from what is configured on");
}

Test(policy, what_is_configured_can_be_restored)
{
        cr_assert_not(policy_restore(&policy));
        decide(99);
        cr_assert(policy_restore(&policy));
        cr_assert(is_configured());
        decide_needed(10);
        cr_assert(policy_restore(&policy));
        cr_assert(is_configured());
}

/* Whatever comes, from whatever was configured. */
static void expect_sane(enum policy_move move, const struct policy *before, const struct purge_limits *from)
{
        const struct purge_limits *now = &policy.now;

        cr_assert_eq(move != POLICY_STAY, memcmp(&before->now, now, sizeof *now) != 0 || before->steps != policy.steps);
        cr_assert_leq(now->most_bytes, from->most_bytes << POLICY_DOUBLINGS);
        cr_assert_leq(now->decay_ms, from->decay_ms << POLICY_DOUBLINGS);
        cr_assert_leq(now->retain_bytes, from->retain_bytes);
        cr_assert_leq(policy.steps, POLICY_DOUBLINGS);
        cr_assert_gt(policy.steps, -32);
        if (policy.steps == 0)
                cr_assert_eq(memcmp(now, from, sizeof *from), 0);
        if (move == POLICY_SQUEEZE || move == POLICY_EMPTY)
                cr_assert_leq(now->most_bytes, before->now.most_bytes);
        if (move == POLICY_RELAX)
                cr_assert_gt(now->most_bytes, before->now.most_bytes);
}

Test(policy, every_state_and_reading_is_sane)
{
        static const struct purge_limits from[] = {
                {4 * MIB, 64 * MIB, 1000}, {0, 0, 0}, {1ul << 40, 1ul << 40, 100000000}, {MIB, MIB, 1},
                {64 * MIB, 8 * MIB, 500},
        };
        unsigned random = 1;

        for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
                policy_begin(&policy, from[i]);
                for (int round = 0; round < 200000; round++) {
                        struct policy before = policy;
                        struct policy_reading with;

                        random = random * 1103515245 + 12345;
                        with = reading((int)(random >> 16) % 111 - 1);
                        with.now_ms = now_ms += random >> 8 & 4095;
                        with.retained_bytes = (size_t)(random >> 4 & 1023) * MIB;
                        with.stalled = random % 7 ? 0 : (int)(random >> 12) % 2000;
                        with.stalled_all = random % 31 ? 0 : (int)(random >> 14) % 1000;
                        with.refaulted_bytes = random % 3 ? 0 : 50 * MIB;
                        expect_sane(policy_decide(&policy, &with), &before, &from[i]);
                }
        }
}

/* The loop closed: what may stay is used, and what is used decides what may stay. `live` is in percent of 1 GiB. */
static unsigned moves_in_an_hour(int live, size_t most_bytes)
{
        unsigned moves = 0;

        policy_begin(&policy, (struct purge_limits){MIB, most_bytes, 1000});
        for (unsigned quarter = 0; quarter < 4 * 3600; quarter++) {
                struct policy_reading with = reading(0);

                now_ms += 250;
                with.now_ms = now_ms;
                with.retained_bytes = policy.now.most_bytes;
                with.limit_bytes = GIB;
                with.used = live * POLICY_PERCENT + (int)(with.retained_bytes * 100 * POLICY_PERCENT / GIB);
                moves += policy_decide(&policy, &with) != POLICY_STAY;
        }
        return moves;
}

Test(policy, limits_do_not_swing)
{
        for (int live = 0; live <= 110; live++) {
                cr_assert_leq(moves_in_an_hour(live, 64 * MIB), 8, "%d %%", live);
                /* What may stay is more than lies between squeezing and returning. */
                cr_assert_leq(moves_in_an_hour(live, 400ul * MIB), 2 * 3600 * 1000 / POLICY_REST_MS_MAX + 20, "%d %%",
                              live);
        }
        cr_assert_gt(moves_in_an_hour(45, 400ul * MIB), 20, "this one is hard");
}
