/* The small parts of the model: sequences, bins, block sizes. */
#include <criterion/criterion.h>

#include "analyzer/model/classes.h"
#include "analyzer/model/sequence.h"
#include "analyzer/model/series.h"
#include "analyzer/model/site.h"

Test(sequence, frames_in_order_leave_nothing_missing)
{
        struct sequence sequence = {0};

        for (uint32_t i = 0; i < 100; i++)
                cr_expect(sequence_take(&sequence, i));
        cr_expect_eq(sequence_missing(&sequence), 0);
        cr_expect_not(sequence_take(&sequence, 0));
        cr_expect_not(sequence_take(&sequence, 99));
}

Test(sequence, a_gap_is_filled_from_any_side)
{
        struct sequence sequence = {0};

        cr_expect(sequence_take(&sequence, 0));
        cr_expect(sequence_take(&sequence, 6)); /* 1 to 5 are missing */
        cr_expect_eq(sequence_missing(&sequence), 5);
        cr_expect(sequence_take(&sequence, 3));
        cr_expect_eq(sequence.gap_count, 2);
        cr_expect(sequence_take(&sequence, 1));
        cr_expect(sequence_take(&sequence, 5));
        cr_expect_not(sequence_take(&sequence, 3));
        cr_expect(sequence_take(&sequence, 2));
        cr_expect_eq(sequence_missing(&sequence), 1);
        cr_expect(sequence_take(&sequence, 4));
        cr_expect_eq(sequence.gap_count, 0);
        cr_expect_not(sequence_take(&sequence, 4));
        sequence_free(&sequence);
}

Test(sequence, the_last_number_of_all_is_a_number_like_others)
{
        struct sequence sequence = {0};

        cr_expect(sequence_take(&sequence, UINT32_MAX));
        cr_expect_eq(sequence_missing(&sequence), UINT32_MAX);
        cr_expect_not(sequence_take(&sequence, UINT32_MAX));
        cr_expect(sequence_take(&sequence, UINT32_MAX - 1));
        cr_expect(sequence_take(&sequence, 0));
        cr_expect_eq(sequence_missing(&sequence), (uint64_t)UINT32_MAX - 2);
        sequence_free(&sequence);
}

static struct clock clock_at(uint64_t base_ns)
{
        struct clock clock = {0};

        clock_start(&clock, base_ns);
        return clock;
}

static void put(struct series *series, struct clock *clock, uint64_t time_ns)
{
        int64_t number = clock_bin(clock, time_ns); /* may change the width: not among the arguments below */
        struct bin *bin = series_at(series, clock, number);

        bin->allocations++;
        bin->requested += 10;
}

Test(series, bins_are_made_where_something_happens)
{
        struct clock clock = clock_at(0);
        struct series series = {0};

        put(&series, &clock, 5 * CLOCK_BIN_NS);
        put(&series, &clock, 5 * CLOCK_BIN_NS + 1);
        put(&series, &clock, 300 * CLOCK_BIN_NS);
        put(&series, &clock, 7 * CLOCK_BIN_NS); /* another thread, late */

        cr_assert_eq(series.count, 3);
        cr_expect_eq(series.bin[0].number, 5);
        cr_expect_eq(series.bin[0].allocations, 2);
        cr_expect_eq(series.bin[1].number, 7);
        cr_expect_eq(series.bin[2].number, 300);
        series_free(&series);
}

Test(series, bins_double_when_the_run_outgrows_them)
{
        struct clock clock = clock_at(0);
        struct series series = {0};
        uint64_t sum = 0;

        for (uint64_t i = 0; i < 10 * CLOCK_BINS_MAX; i++)
                put(&series, &clock, i * CLOCK_BIN_NS);
        series_catch_up(&series, &clock);

        cr_expect_eq(clock.doublings, 4);
        cr_expect_eq(clock_bin_ns(&clock), 16 * CLOCK_BIN_NS);
        cr_expect_leq(series.count, CLOCK_BINS_MAX);
        for (size_t i = 0; i < series.count; i++) {
                cr_expect_eq(series.bin[i].number, (int64_t)i);
                cr_expect_eq(series.bin[i].allocations, 16);
                sum += series.bin[i].requested;
        }
        cr_expect_eq(sum, 10 * 10 * CLOCK_BINS_MAX);
        series_free(&series);
}

Test(series, a_time_before_the_first_one_seen_has_its_bin_too)
{
        struct clock clock = clock_at(1000 * CLOCK_BIN_NS);
        struct series series = {0};

        put(&series, &clock, 1000 * CLOCK_BIN_NS);
        put(&series, &clock, 999 * CLOCK_BIN_NS + 1);
        put(&series, &clock, 998 * CLOCK_BIN_NS);
        put(&series, &clock, 0);
        series_catch_up(&series, &clock);

        cr_expect_eq(clock.doublings, 1);
        cr_assert_eq(series.count, 3);
        cr_expect_eq(series.bin[0].number, -500);
        cr_expect_eq(series.bin[1].number, -1);
        cr_expect_eq(series.bin[1].allocations, 2);
        cr_expect_eq(series.bin[2].number, 0);
        series_free(&series);
}

Test(series, any_time_at_all_is_borne)
{
        struct clock clock = clock_at(0);
        struct series series = {0};

        put(&series, &clock, 0);
        put(&series, &clock, INT64_MAX);
        put(&series, &clock, (uint64_t)INT64_MAX + 1);
        put(&series, &clock, UINT64_MAX);
        series_catch_up(&series, &clock);
        cr_expect_leq(clock.last - clock.first, CLOCK_BINS_MAX);
        cr_expect_leq(series.count, 4);
        series_free(&series);
}

static void allocate(struct site *site, struct clock *clock, uint64_t time_ns, int64_t blocks)
{
        int64_t number = clock_bin(clock, time_ns);

        if (!site_bin_is_open(site, clock, number))
                site_bin_open(site, clock, number);
        site->live_blocks += blocks;
        site->live_bytes += 10 * blocks;
        site->requested += 10 * (uint64_t)blocks;
}

Test(site, its_bins_come_in_any_order)
{
        struct clock clock = clock_at(0);
        struct sites sites = {0};
        struct site *site = sites_at(&sites, 7);
        struct site_bin bin[CLOCK_BINS_MAX];

        allocate(site, &clock, 5 * CLOCK_BIN_NS, 1);
        allocate(site, &clock, 8 * CLOCK_BIN_NS, 2);
        allocate(site, &clock, 5 * CLOCK_BIN_NS, 4); /* another thread, late */
        allocate(site, &clock, 0, 8);
        allocate(site, &clock, 600 * CLOCK_BIN_NS, 16); /* wider bins */
        allocate(site, &clock, 8 * CLOCK_BIN_NS, 32);
        site_finish(site, &clock);

        static const struct {
                int64_t number;
                uint64_t allocations;
        } expected[] = {{0, 8}, {2, 5}, {4, 34}, {300, 16}};

        cr_assert_eq(site_bins_list(site->bins, bin), 4);
        for (int i = 0; i < 4; i++) {
                cr_expect_eq(bin[i].number, expected[i].number);
                cr_expect_eq(bin[i].allocations, expected[i].allocations);
                cr_expect_eq(bin[i].requested, expected[i].allocations * 10);
                cr_expect_eq(bin[i].freed, 0);
        }
        sites_free(&sites);
}

Test(site, its_bins_bear_any_time)
{
        struct clock clock = clock_at(0);
        struct sites sites = {0};
        struct site *site = sites_at(&sites, 7);
        struct site_bin bin[CLOCK_BINS_MAX];

        allocate(site, &clock, 0, 1);
        allocate(site, &clock, CLOCK_BIN_NS, 1);
        allocate(site, &clock, INT64_MAX, 1); /* more than 32 doublings at once */
        allocate(site, &clock, (uint64_t)INT64_MAX + 1, 1);
        site_finish(site, &clock);
        cr_assert_eq(site_bins_list(site->bins, bin), 3);
        cr_expect_lt(bin[0].number, 0);
        cr_expect_eq(bin[1].number, 0);
        cr_expect_eq(bin[1].allocations, 2);
        sites_free(&sites);
}

static uint64_t random_magnitude(uint64_t *state, unsigned bits_max)
{
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        return *state >> 11 >> (53 - (*state >> 8) % (bits_max + 1));
}

/* Of every size, in order for the most part, and in wider bins now and then: each is compared with a plain sum. */
Test(site, bins_hold_numbers_of_every_size_in_any_order)
{
        enum { NUMBERS = 400, OPENINGS = 20000 };
        struct site_bin expected[NUMBERS] = {0}, found[CLOCK_BINS_MAX], now = {0};
        struct site_bins *bins = NULL;
        uint64_t state = 1;
        size_t count, at = 0;
        bool made[NUMBERS] = {0};

        for (int64_t i = 0; i < OPENINGS; i++) {
                int64_t number = i * NUMBERS / OPENINGS - (int64_t)random_magnitude(&state, 3);

                if (i % 977 == 0)
                        number = (int64_t)random_magnitude(&state, 8);
                number = number < 0 ? 0 : number;
                cr_assert_eq(site_bins_open(&bins, &now, number - NUMBERS / 2), !made[number]);
                made[number] = true;

                struct site_bin more = {random_magnitude(&state, 30), 0, random_magnitude(&state, 30),
                                        random_magnitude(&state, 50), random_magnitude(&state, 50)};
                struct site_bin *const sums[] = {&now, &expected[number]};

                for (size_t j = 0; j < 2; j++) {
                        sums[j]->allocations += more.allocations;
                        sums[j]->frees += more.frees;
                        sums[j]->requested += more.requested;
                        sums[j]->freed += more.freed;
                }
        }
        site_bins_close(bins, &now);
        count = site_bins_list(bins, found);
        cr_expect_eq(count, site_bins_count(bins));
        for (int number = 0; number < NUMBERS; number++) {
                if (!made[number])
                        continue;
                cr_assert_lt(at, count);
                cr_expect_eq(found[at].number, number - NUMBERS / 2);
                cr_expect_eq(found[at].allocations, expected[number].allocations);
                cr_expect_eq(found[at].frees, expected[number].frees);
                cr_expect_eq(found[at].requested, expected[number].requested);
                cr_expect_eq(found[at++].freed, expected[number].freed);
        }
        cr_expect_eq(at, count);

        site_bins_widen(bins, 9);
        count = site_bins_list(bins, found);
        cr_assert_eq(count, 2);
        cr_expect_eq(found[0].number, -1);
        cr_expect_eq(found[1].number, 0);
        cr_expect_eq(found[0].allocations + found[1].allocations, now.allocations);
        cr_expect_eq(found[0].freed + found[1].freed, now.freed);
        site_bins_free(bins);
}

Test(site, two_are_merged_bin_by_bin)
{
        struct clock clock = clock_at(0);
        struct sites sites = {0};
        struct site *one = sites_at(&sites, 1), *two = sites_at(&sites, 2);
        struct site_bin bin[CLOCK_BINS_MAX];

        allocate(one, &clock, 0, 1);
        allocate(two, &clock, 0, 1);
        allocate(two, &clock, 3 * CLOCK_BIN_NS, 1);
        allocate(one, &clock, 600 * CLOCK_BIN_NS, 1); /* wider bins, which the other has not heard of */
        site_finish(one, &clock);
        site_finish(two, &clock);
        site_merge(one, two);

        cr_assert_eq(site_bins_list(one->bins, bin), 3);
        cr_expect_eq(bin[0].allocations, 2);
        cr_expect_eq(bin[1].number, 1);
        cr_expect_eq(bin[2].number, 300);
        cr_expect_eq(one->live_blocks, 4);
        sites_free(&sites);
}

Test(site, counts_go_on_beyond_32_bits)
{
        struct sites sites = {0};
        struct site *one = sites_at(&sites, 1), *two = sites_at(&sites, 2);

        for (int i = 0; i < 5; i++) {
                site_count_add(one, WIRE_AGE_1MS, UINT32_MAX);
                site_count_add(two, WIRE_AGE_1MS, UINT32_MAX);
        }
        site_count_add(one, WIRE_AGE_TEMPORARY, 7);
        cr_expect_eq(site_count(one, WIRE_AGE_1MS), UINT64_C(5) * UINT32_MAX);
        cr_expect_eq(site_frees(one), UINT64_C(5) * UINT32_MAX + 7);
        site_merge(one, two);
        cr_expect_eq(site_count(one, WIRE_AGE_1MS), UINT64_C(10) * UINT32_MAX);
        cr_expect_eq(site_count(one, WIRE_AGE_TEMPORARY), 7);
        sites_free(&sites);
}

Test(classes, a_request_takes_the_smallest_block_that_holds_it)
{
        static struct classes classes;

        classes_init(&classes);
        cr_expect_eq(classes_usable(&classes, 0), 16);
        cr_expect_eq(classes_usable(&classes, 16), 16);
        cr_expect_eq(classes_usable(&classes, 17), 32);
        cr_expect_eq(classes_usable(&classes, 257), 288);
        cr_expect_eq(classes_usable(&classes, 32768), 32768);
        cr_expect_eq(classes_usable(&classes, 32769), 36864);
        cr_expect_eq(classes_usable(&classes, UINT64_MAX), UINT64_MAX);
}

Test(classes, what_the_stream_tells_replaces_the_assumption_once)
{
        static struct classes classes;
        const struct wire_classes told = {100, 3, {5, 6, 40}}, falling = {100, 2, {6, 5}}, none = {100, 0, {0}};

        classes_init(&classes);
        classes_set(&classes, &falling);
        classes_set(&classes, &none);
        cr_expect_eq(classes_usable(&classes, 3), 16, "nonsense is not believed");
        classes_set(&classes, &told);
        cr_expect_eq(classes_usable(&classes, 0), 5);
        cr_expect_eq(classes_usable(&classes, 5), 5);
        cr_expect_eq(classes_usable(&classes, 6), 6);
        cr_expect_eq(classes_usable(&classes, 7), 40);
        cr_expect_eq(classes_usable(&classes, 41), 100);
        classes_set(&classes, &(struct wire_classes){4096, 1, {64}});
        cr_expect_eq(classes_usable(&classes, 0), 5);
}
