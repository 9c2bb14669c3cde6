/* What streams of samples add up to: weights, intervals, the walk. */
#include <criterion/criterion.h>
#include <math.h>

#include "analyzer/model/sampled.h"
#include "tests/unit/analyzer/stream.h"
#include "wire/weight.h"

enum { RATE = 1000 };

static struct stream stream;
static struct model *model;

static void setup(void)
{
        stream_init(&stream);
        stream_process(&stream, 1, 0, 100);
        encode_sampling(stream_to(&stream, 1, 1), RATE);
}

static struct site *feed(uint32_t stack)
{
        model = model_create();
        stream_feed(&stream, model);
        model_finish(model);
        return sites_at(&model_main(model)->sites, stack);
}

static struct site_sample *sample_of(const struct site *site)
{
        return sampled_site(model_main(model), site);
}

static double weight(double usable)
{
        return 1 / -expm1(-usable / RATE);
}

static void allocate(enum wire_alloc_kind kind, uint32_t stack, uint64_t size, uint64_t usable)
{
        encode_alloc(stream_to(&stream, 1, 1), kind, stack, wire_sampled_size(size, usable));
}

static void release(enum wire_age age, uint32_t stack, uint64_t size, uint64_t usable)
{
        encode_free(stream_to(&stream, 1, 1), age, stack, wire_sampled_size(size, usable));
}

/* Of counts: weights are rounded to 1/4096, sums to whole numbers, and some are what is between others. */
static void expect_about(double got, double wanted)
{
        cr_expect(fabs(got - wanted) <= 1.51 + wanted * 1.3e-4, "%f, not %f", got, wanted);
}

/* Of variances, in which a weight counts twice. */
static void expect_spread(double got, double wanted)
{
        cr_expect(fabs(got - wanted) <= 1 + wanted * 1e-3, "%f, not %f", got, wanted);
}

TestSuite(sampled, .init = setup);

Test(sampled, a_weight_is_one_over_the_chance_to_be_taken)
{
        for (double rate = 1; rate <= WIRE_SAMPLE_RATE_MAX; rate = ceil(rate * 1.7))
                for (double usable = rate > 1e6 ? 16 : 1; usable < 1e13; usable = ceil(usable * 1.3)) {
                        double wanted = WIRE_WEIGHT_ONE / -expm1(-usable / rate);

                        cr_assert(fabs((double)wire_weight((uint64_t)rate, (uint64_t)usable) - wanted) <=
                                          0.5 + wanted * 1e-10,
                                  "%g bytes at a rate of %g", usable, rate);
                }
        cr_expect_eq(wire_weight(4096, 0), wire_weight(4096, 1));
        cr_expect_eq(wire_weight(4096, UINT64_MAX), WIRE_WEIGHT_ONE);
}

Test(sampled, a_block_stands_for_all_like_it)
{
        struct process *process;
        struct site *site;
        struct site_bin bin[CLOCK_BINS_MAX];

        allocate(WIRE_CALLOC, 7, 100, 112);
        allocate(WIRE_MALLOC, 7, 30, 32);
        allocate(WIRE_MALLOC, 8, 500, 512);
        release(WIRE_AGE_10MS, 7, 100, 112);
        release(WIRE_AGE_TEMPORARY, 8, 500, 512);
        site = feed(7);
        process = model_main(model);

        expect_about((double)site_allocations(site), weight(112) + weight(32));
        expect_about((double)site_frees(site), weight(112));
        expect_about((double)site->requested, 100 * weight(112) + 30 * weight(32));
        expect_about((double)site->allocated_usable, 112 * weight(112) + 32 * weight(32));
        expect_about((double)site_freed(site), 100 * weight(112));
        expect_about((double)site->live_blocks, weight(32));
        expect_about((double)site->live_bytes, 30 * weight(32));
        expect_about((double)site->live_usable, 32 * weight(32));
        expect_about((double)site_count(site, WIRE_AGE_10MS), weight(112));
        cr_expect_eq(site->size_min, 30);
        cr_expect_eq(site->size_max, 100);
        cr_expect_eq(site->kind, WIRE_CALLOC);
        cr_expect_eq(sample_of(site)->taken, 2);
        expect_about((double)process->allocations, weight(112) + weight(32) + weight(512));
        expect_about((double)process->temporary, weight(512));
        expect_about((double)process->peak_bytes, 100 * weight(112) + 30 * weight(32) + 500 * weight(512));
        expect_about((double)process->threads->allocations, (double)process->allocations);
        expect_about((double)process->series.bin[0].requested, (double)process->requested);
        cr_assert_eq(site_bins_list(site->bins, bin), 1);
        expect_about((double)bin[0].requested, (double)site->requested);
        cr_expect_eq(process->taken_allocations, 3);
        cr_expect_eq(process->taken_frees, 2);
        cr_expect_eq(model->events, 5);
        model_free(model);
}

/* Near the rate a weight is between one and two; rounded to one of them, sums would be off by a quarter. */
Test(sampled, weights_near_one_are_not_rounded)
{
        struct site *site;

        for (int i = 0; i < 10000; i++)
                allocate(WIRE_MALLOC, 7, 1000, 1000);
        site = feed(7);
        cr_expect(fabs((double)site_allocations(site) / 10000 - weight(1000)) < 1.3e-4, "%g",
                  (double)site_allocations(site));
        cr_expect(fabs((double)site->requested / 1e7 - weight(1000)) < 1.3e-4);
        model_free(model);
}

static double spread(double size, double usable)
{
        return size * size * weight(usable) * (weight(usable) - 1) / ((double)RATE * RATE) * SAMPLED_SPREAD_ONE;
}

Test(sampled, what_is_uncertain_adds_up_and_goes_with_the_block)
{
        struct site *site;

        allocate(WIRE_MALLOC, 7, 100, 112);
        allocate(WIRE_MALLOC, 7, 1000, 1024);
        allocate(WIRE_MALLOC, 7, 50000, 53248); /* always taken */
        release(WIRE_AGE_10MS, 7, 1000, 1024);
        allocate(WIRE_MALLOC, 7, 100, 112);
        site = feed(7);
        expect_spread((double)sample_of(site)->requested_spread, 2 * spread(100, 112) + spread(1000, 1024));
        expect_spread((double)sample_of(site)->live_spread, 2 * spread(100, 112));
        expect_spread((double)sample_of(site)->peak_spread, spread(100, 112) + spread(1000, 1024));
        expect_spread(sample_of(site)->allocations_variance,
                      2 * weight(112) * (weight(112) - 1) + weight(1024) * (weight(1024) - 1));
        cr_expect(spread(100, 112) < SAMPLED_SPREAD_ONE);
        model_free(model);
}

Test(sampled, the_walk_is_weighted_as_the_events_are)
{
        struct process *process;

        allocate(WIRE_MALLOC, 7, 100, 112);
        allocate(WIRE_MALLOC, 7, 110, 112);
        allocate(WIRE_MALLOC, 7, 1000, 1024);
        allocate(WIRE_MALLOC, 8, 1000, 1024);
        release(WIRE_AGE_1MS, 8, 1000, 1024);
        encode_live(stream_to(&stream, 1, 1), &(struct wire_live){7, 2, 210, 224, 0, 0, 0});
        encode_live(stream_to(&stream, 1, 1), &(struct wire_live){7, 1, 1000, 1024, 0, 0, 0});
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.blocks = 3, .bytes = 1210});
        feed(7);
        process = model_main(model);
        cr_expect_eq(process->walk_stacks_differ, 0);
        cr_expect_eq(process->walk_totals.blocks, (uint64_t)process->live_blocks);
        cr_expect_eq(process->walk_totals.bytes, (uint64_t)process->live_bytes);
        expect_about((double)process->live_blocks, 2 * weight(112) + weight(1024));
        model_free(model);
}

Test(sampled, a_walk_that_differs_is_seen)
{
        allocate(WIRE_MALLOC, 7, 100, 112);
        encode_live(stream_to(&stream, 1, 1), &(struct wire_live){7, 1, 100, 128, 0, 0, 0});
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.blocks = 1, .bytes = 100});
        feed(7);
        cr_expect_eq(model_main(model)->walk_stacks_differ, 1);
        model_free(model);
}

/* A block that has come into the sample by a resize was never counted as an allocation; one that has left it lives on.
 */
Test(sampled, blocks_come_and_go_by_resizes)
{
        struct site *site;

        allocate(WIRE_RESIZED, 7, 63000, 65536);
        allocate(WIRE_MALLOC, 8, 600, 640);
        release(WIRE_AGE_RESIZED, 8, 600, 640);
        site = feed(7);
        cr_expect_eq(site_count(site, SITE_RESIZES), 1);
        cr_expect_eq(site_allocations(site), 0);
        cr_expect_eq(site->live_blocks, 1);
        cr_expect_eq(site->live_bytes, 63000);
        site = sites_at(&model_main(model)->sites, 8);
        cr_expect_eq(site_frees(site), 0);
        cr_expect_eq(site->live_blocks, 0);
        cr_expect_eq(site->live_bytes, 0);
        model_free(model);
}

/* Rounded each by itself, what came by one resize and went by others would leave less than no allocation. */
Test(sampled, rounding_makes_no_count_negative)
{
        for (uint32_t stack = 1; stack < 200; stack++) {
                allocate(WIRE_RESIZED, stack, 16 * stack, 16 * stack);
                release(WIRE_AGE_1MS, stack, 16 * stack, 16 * stack);
                allocate(WIRE_RESIZED, stack, 16 * stack, 16 * stack);
                release(WIRE_AGE_RESIZED, stack, 16 * stack, 16 * stack);
                allocate(WIRE_RESIZED, stack, 8 * stack, 8 * stack);
        }
        feed(1);
        for (uint32_t stack = 1; stack < 200; stack++) {
                const struct site *site = sites_at(&model_main(model)->sites, stack);

                cr_assert_eq(site_allocations(site), 0, "%u: %ld", stack, (long)site_allocations(site));
                cr_assert(site_count(site, SITE_RESIZED) < 1000 && site->live_blocks < 1000);
        }
        cr_expect_eq(model_main(model)->allocations, 0);
        model_free(model);
}

/* Frames of several threads come in any order, so each tells the rate. */
Test(sampled, a_thread_that_comes_before_its_process_is_understood)
{
        struct site *site;

        stream_free(&stream);
        stream_init(&stream);
        encode_sampling(stream_to(&stream, 1, 2), RATE);
        encode_alloc(stream_to(&stream, 1, 2), WIRE_MALLOC, 7, wire_sampled_size(100, 112));
        stream_process(&stream, 1, 0, 100);
        site = feed(7);
        expect_about((double)site_allocations(site), weight(112));
        model_free(model);
}

Test(sampled, a_rate_that_no_recorder_has_is_not_believed)
{
        stream_free(&stream);
        stream_init(&stream);
        stream_process(&stream, 1, 0, 100);
        encode_sampling(stream_to(&stream, 1, 1), 0);
        encode_sampling(stream_to(&stream, 1, 1), UINT64_MAX);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 7, 100);
        cr_expect_eq(site_allocations(feed(7)), 1);
        cr_expect_null(sample_of(sites_at(&model_main(model)->sites, 7)));
        model_free(model);
}

Test(sampled, merged_sites_are_as_uncertain_as_both)
{
        struct site *site, *other;

        allocate(WIRE_MALLOC, 7, 100, 112);
        allocate(WIRE_MALLOC, 8, 1000, 1024);
        site = feed(7);
        other = sites_at(&model_main(model)->sites, 8);
        site_merge(site, other);
        sampled_merge(model_main(model), site, other);
        cr_expect_eq(sample_of(site)->taken, 2);
        expect_spread((double)sample_of(site)->live_spread, spread(100, 112) + spread(1000, 1024));
        model_free(model);
}
