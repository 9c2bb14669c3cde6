/* What is written down is told once, in order, and its sums are right however long nobody asks. */
#include <criterion/criterion.h>

#include "preload/alloc/history.h"

static void change(enum history_change why)
{
        history_limits(&(struct history_limits){.why = why, .most_bytes = 1000});
}

static struct history_event next(void)
{
        struct history_event event;

        history_take(&event);
        return event;
}

static void expect_limits(uint32_t number, enum history_change why)
{
        struct history_event event = next();

        cr_assert_eq(event.kind, HISTORY_LIMITS);
        cr_expect_eq(event.limits.number, number);
        cr_expect_eq(event.limits.why, why);
        cr_expect_eq(event.limits.most_bytes, 1000);
}

static void expect_purged(uint32_t number, enum history_purge why, uint64_t purges, uint64_t bytes, uint64_t ns,
                          uint64_t refaulted)
{
        struct history_event event = next();

        cr_assert_eq(event.kind, HISTORY_PURGED);
        cr_expect_eq(event.purged.number, number);
        cr_expect_eq(event.purged.why, why);
        cr_expect_eq(event.purged.purges, purges);
        cr_expect_eq(event.purged.bytes, bytes);
        cr_expect_eq(event.purged.ns, ns);
        cr_expect_eq(event.purged.refaulted_bytes, refaulted);
}

Test(history, where_nothing_happens_nothing_is_told)
{
        change(HISTORY_CONFIGURED);
        cr_assert_not(history_waits());
        cr_assert_eq(next().kind, HISTORY_NOTHING);
}

Test(history, purges_add_up_by_reason)
{
        change(HISTORY_CONFIGURED);
        history_purged(HISTORY_DECAY, 10, 100, 103);
        history_purged(HISTORY_DECAY, 20, 200, 204);
        history_purged(HISTORY_TRIM, 5, 300, 301);
        history_refaulted(3);
        cr_assert(history_waits());
        expect_limits(0, HISTORY_CONFIGURED);
        expect_purged(0, HISTORY_DECAY, 2, 30, 7, 0);
        expect_purged(0, HISTORY_TRIM, 1, 5, 1, 3);
        cr_assert_eq(next().kind, HISTORY_NOTHING);
        cr_assert_not(history_waits());
        history_refaulted(2);
        expect_purged(0, HISTORY_TRIM, 0, 0, 0, 2);
        cr_assert_eq(next().kind, HISTORY_NOTHING);
}

Test(history, purges_belong_to_the_limits_that_held)
{
        change(HISTORY_CONFIGURED);
        history_purged(HISTORY_DECAY, 10, 0, 1);
        change(HISTORY_SQUEEZED);
        history_purged(HISTORY_EXCESS, 20, 0, 1);
        change(HISTORY_EMPTIED);
        history_purged(HISTORY_PRESSURE, 30, 0, 1);
        expect_limits(0, HISTORY_CONFIGURED);
        expect_purged(0, HISTORY_DECAY, 1, 10, 1, 0);
        expect_limits(1, HISTORY_SQUEEZED);
        expect_purged(1, HISTORY_EXCESS, 1, 20, 1, 0);
        expect_limits(2, HISTORY_EMPTIED);
        expect_purged(2, HISTORY_PRESSURE, 1, 30, 1, 0);
        cr_assert_eq(next().kind, HISTORY_NOTHING);
}

Test(history, when_nobody_takes_anything_the_sums_stay_right)
{
        uint64_t bytes = 0, purged, refaulted;
        struct history_event event;

        change(HISTORY_CONFIGURED);
        for (int i = 0; i < 1000; i++) {
                history_purged(HISTORY_DECAY, 10, 0, 1);
                history_purged(HISTORY_EXCESS, 1, 0, 1);
                change(i % 2 ? HISTORY_SQUEEZED : HISTORY_RETURNED);
        }
        while ((event = next()).kind != HISTORY_NOTHING)
                if (event.kind == HISTORY_PURGED)
                        bytes += event.purged.bytes;
        cr_assert_eq(bytes, 11000);
        history_sums(&purged, &refaulted);
        cr_assert_eq(purged, 11000);
        change(HISTORY_RESTORED);
        expect_limits(1001, HISTORY_RESTORED);
}

Test(history, a_forked_child_tells_its_own)
{
        change(HISTORY_CONFIGURED);
        history_purged(HISTORY_DECAY, 10, 0, 1);
        change(HISTORY_SQUEEZED);
        history_after_fork();
        cr_assert_eq(next().kind, HISTORY_NOTHING);
        history_purged(HISTORY_DECAY, 7, 0, 1);
        expect_limits(0, HISTORY_SQUEEZED);
        expect_purged(0, HISTORY_DECAY, 1, 7, 1, 0);
}
