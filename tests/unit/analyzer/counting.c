/* What streams add up to: sites, peaks, walks, losses. */
#include "analyzer/model/model.h"

#include <criterion/criterion.h>

#include "tests/unit/analyzer/stream.h"

static struct stream stream;

static void setup(void)
{
        stream_init(&stream);
        stream_process(&stream, 1, 0, 100);
}

static struct model *feed(void)
{
        struct model *model = model_create();

        stream_feed(&stream, model);
        model_finish(model);
        return model;
}

static struct site *site_of(const struct model *model, uint32_t process, uint32_t stack)
{
        return sites_at(&model_process(model, process)->sites, stack);
}

TestSuite(counting, .init = setup);

Test(counting, what_lives_is_allocated_less_freed)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_CALLOC, 7, 100);
        encode_alloc(to, WIRE_MALLOC, 7, 30);
        encode_alloc(to, WIRE_MALLOC, 8, 1);
        encode_free(to, WIRE_AGE_10MS, 7, 100);

        struct model *model = feed();
        struct site *site = site_of(model, 1, 7);
        struct process *process = model_main(model);

        cr_expect_eq(site_allocations(site), 2);
        cr_expect_eq(site_frees(site), 1);
        cr_expect_eq(site->requested, 130);
        cr_expect_eq(site_freed(site), 100);
        cr_expect_eq(site->live_blocks, 1);
        cr_expect_eq(site->live_bytes, 30);
        cr_expect_eq(site->live_usable, 32);
        cr_expect_eq(site->allocated_usable, 112 + 32);
        cr_expect_eq(site->size_min, 30);
        cr_expect_eq(site->size_max, 100);
        cr_expect_eq(site->bytes_max, 130);
        cr_expect_eq(site->kind, WIRE_CALLOC, "the first kind seen");
        cr_expect_eq(site_count(site, WIRE_AGE_10MS), 1);
        cr_expect_eq(process->live_blocks, 2);
        cr_expect_eq(process->live_bytes, 31);
        cr_expect_eq(model->events, 4);
}

Test(counting, a_resize_is_neither_an_allocation_nor_a_free_and_moves_the_block)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 7, 100);
        encode_free(to, WIRE_AGE_RESIZED, 7, 100);
        encode_alloc(to, WIRE_RESIZED, 8, 200);

        struct model *model = feed();
        struct site *old = site_of(model, 1, 7), *new = site_of(model, 1, 8);

        cr_expect_eq(model_main(model)->allocations, 1);
        cr_expect_eq(model_main(model)->frees, 0);
        cr_expect_eq(model_main(model)->resizes, 1);
        cr_expect_eq(old->live_blocks, 0);
        cr_expect_eq(site_frees(old), 0);
        cr_expect_eq(site_allocations(new), 0);
        cr_expect_eq(site_count(new, SITE_RESIZES), 1);
        cr_expect_eq(new->live_blocks, 1);
        cr_expect_eq(new->live_bytes, 200);
        cr_expect_eq(new->kind, WIRE_REALLOC);
}

Test(counting, an_inherited_block_is_no_business_of_the_sites)
{
        encode_free(stream_to(&stream, 1, 1), WIRE_AGE_INHERITED, 7, 100);

        struct model *model = feed();

        cr_expect_eq(model_main(model)->inherited_frees, 1);
        cr_expect_eq(model_main(model)->frees, 0);
        cr_expect_eq(model_main(model)->live_bytes, 0);
        cr_expect_eq(model_main(model)->sites.count, 0);
}

Test(counting, temporary_blocks_are_counted)
{
        struct encode *to = stream_to(&stream, 1, 1);

        for (int i = 0; i < 3; i++) {
                encode_alloc(to, WIRE_MALLOC, 7, 10);
                encode_free(to, i ? WIRE_AGE_TEMPORARY : WIRE_AGE_1MS, 7, 10);
        }

        struct model *model = feed();

        cr_expect_eq(model_main(model)->temporary, 2);
        cr_expect_eq(site_count(site_of(model, 1, 7), WIRE_AGE_1MS), 1);
}

Test(counting, each_site_holds_what_it_held_at_the_peak)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 1, 100);
        encode_alloc(to, WIRE_MALLOC, 2, 100); /* a first peak of 200 */
        encode_free(to, WIRE_AGE_1S, 1, 100);
        encode_alloc(to, WIRE_MALLOC, 3, 150);
        encode_tick(to, 5);
        encode_alloc(to, WIRE_MALLOC, 1, 7); /* the peak: 1 has 7, 2 has 100, 3 has 150 */
        encode_tick(to, 5);
        encode_free(to, WIRE_AGE_1S, 3, 150);
        encode_alloc(to, WIRE_MALLOC, 4, 20);
        encode_free(to, WIRE_AGE_1S, 1, 7);

        struct model *model = feed();
        const int64_t expected[] = {7, 100, 150, 0};
        int64_t sum = 0;

        for (uint32_t i = 0; i < 4; i++) {
                cr_expect_eq(site_of(model, 1, i + 1)->peak_bytes, expected[i], "site %u", i + 1);
                cr_expect_eq(site_of(model, 1, i + 1)->peak_blocks, expected[i] != 0);
                sum += site_of(model, 1, i + 1)->peak_bytes;
        }
        cr_expect_eq(model_main(model)->peak_bytes, sum);
        cr_expect_eq(model_main(model)->peak_blocks, 3);
        cr_expect_eq(model_since_start(model, model_main(model)->peak_ns), 5000);
        cr_expect_eq(model_main(model)->peak_bound, 0, "one thread: exact");
}

Test(counting, the_snapshot_of_the_peak_is_that_of_a_slow_and_simple_count)
{
        enum { SITES = 10, EVENTS = 20000 };
        int64_t live[SITES] = {0}, at_peak[SITES] = {0}, sum = 0, peak = 0;
        uint64_t random = 1;

        for (int i = 0; i < EVENTS; i++) {
                struct encode *to = stream_to(&stream, 1, 1);
                uint32_t site = (uint32_t)((random = random * 6364136223846793005 + 1442695040888963407) >> 40) % SITES;

                if (random >> 63 || live[site] == 0) {
                        encode_alloc(to, WIRE_MALLOC, site + 1, 10 + site);
                        live[site] += 10 + site;
                        sum += 10 + site;
                } else {
                        encode_free(to, WIRE_AGE_1S, site + 1, 10 + site);
                        live[site] -= 10 + site;
                        sum -= 10 + site;
                }
                if (sum > peak) {
                        peak = sum;
                        memcpy(at_peak, live, sizeof live);
                }
        }

        struct model *model = feed();

        cr_expect_eq(model_main(model)->peak_bytes, peak);
        for (uint32_t i = 0; i < SITES; i++)
                cr_expect_eq(site_of(model, 1, i + 1)->peak_bytes, at_peak[i]);
}

Test(counting, several_threads_bound_the_peak_by_their_rises)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 1, 100);
        encode_free(to, WIRE_AGE_1S, 1, 100);
        to = stream_to(&stream, 1, 2);
        encode_free(to, WIRE_AGE_1S, 1, 30);
        encode_alloc(to, WIRE_MALLOC, 1, 50); /* 20 more than at the begin */
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 60);

        struct model *model = feed();

        cr_expect_eq(model_main(model)->peak_bytes, 100);
        cr_expect_eq(model_main(model)->peak_bound, 20);
}

Test(counting, what_threads_hold_at_one_time_makes_the_peak_whatever_comes_first)
{
        enum { THREADS = 10 };

        for (uint32_t i = 1; i <= THREADS; i++) {
                struct encode *to = stream_to(&stream, 1, i); /* all at the same time, but one frame after the other */

                encode_alloc(to, WIRE_MALLOC, i, 4096);
                encode_tick(to, 100000);
                encode_free(to, WIRE_AGE_1S, i, 4096);
        }

        struct model *model = feed();

        cr_expect_eq(model_main(model)->peak_bytes, THREADS * 4096);
        cr_expect_eq(model_main(model)->peak_bound, 0);
        for (uint32_t i = 1; i <= THREADS; i++)
                cr_expect_eq(site_of(model, 1, i)->peak_bytes, 4096);
}

Test(counting, a_sites_bins_keep_up_with_a_run_that_outgrows_them)
{
        const uint64_t start_ns = stream.time_ns;
        struct model *model;
        const struct site *site;
        struct site_bin bin[CLOCK_BINS_MAX];

        for (uint64_t i = 0; i < 4; i++) {
                stream.time_ns = start_ns + i * CLOCK_BINS_MAX * CLOCK_BIN_NS;
                encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10); /* in the only bin known, or far beyond */
                stream_flush(&stream);
        }
        model = feed();
        site = site_of(model, 1, 1);

        cr_assert_eq(site_bins_list(site->bins, bin), 4);
        for (size_t i = 0; i < 4; i++) {
                cr_expect_eq(bin[i].allocations, 1);
                cr_expect_eq(model_site_bin(model, &bin[i]), i * CLOCK_BINS_MAX / 4);
        }
}

static void live(uint32_t stack, uint64_t blocks, uint64_t bytes)
{
        encode_live(stream_to(&stream, 1, 1),
                    &(struct wire_live){stack, blocks, bytes, bytes + 8, 100 * blocks, blocks, 1});
}

static void walked(uint32_t thread)
{
        encode_walked(stream_to(&stream, 1, thread), &(struct wire_walked){.blocks = 3, .threads = 1});
}

Test(counting, a_walk_that_finds_what_the_events_say_agrees)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 1, 10);
        encode_alloc(to, WIRE_MALLOC, 1, 20);
        encode_alloc(to, WIRE_MALLOC, 2, 30);
        encode_alloc(to, WIRE_MALLOC, 3, 40);
        encode_free(to, WIRE_AGE_1S, 3, 40);
        live(1, 2, 30);
        live(2, 1, 30);
        walked(1);

        struct model *model = feed();

        cr_expect(model_main(model)->walked);
        cr_expect_eq(model_main(model)->walk_stacks_differ, 0);
        cr_expect_eq(model_main(model)->walk_totals.blocks, 3);
}

Test(counting, what_blocks_have_and_pin_at_the_end_is_what_the_walk_says)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 2, 10);
        live(1, 1, 10);
        live(2, 1, 10);
        walked(1);
        live(1, 1, 10);
        walked(1);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 2, 10);

        struct model *model = feed();

        cr_expect_eq(site_of(model, 1, 1)->live_usable, 18);
        cr_expect_eq(site_of(model, 1, 1)->walk->pinned_bytes, 100);
        cr_expect_eq(site_of(model, 1, 1)->walk->pinning_blocks, 1);
        cr_expect_eq(site_of(model, 1, 1)->walk->pinned_slabs, 1);
        cr_expect_eq(site_of(model, 1, 2)->live_usable, 32, "by its size: it has changed since the walk");
        cr_expect_eq(site_of(model, 1, 2)->walk->pinned_bytes, 0, "the first walk is forgotten");
}

Test(counting, what_the_walker_does_after_its_walk_is_not_held_against_it)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        live(1, 1, 10);
        walked(1);
        encode_free(stream_to(&stream, 1, 1), WIRE_AGE_1S, 1, 10);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 2, 5); /* a stack that the walk has not seen */

        struct model *model = feed();

        cr_expect_eq(model_main(model)->walk_stacks_differ, 0);
}

Test(counting, a_frame_of_another_thread_may_overtake_the_walk)
{
        live(1, 1, 10);
        walked(1);
        encode_alloc(stream_to(&stream, 1, 2), WIRE_MALLOC, 1, 10);

        struct model *model = feed();

        cr_expect_eq(model_main(model)->walk_stacks_differ, 0);
}

Test(counting, a_walk_that_differs_says_in_how_many_stacks)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 1, 10); /* agrees */
        encode_alloc(to, WIRE_MALLOC, 2, 10); /* the walk finds other bytes */
        encode_alloc(to, WIRE_MALLOC, 3, 10); /* the walk finds none */
        live(1, 1, 10);
        live(2, 1, 11);
        live(4, 1, 1); /* the events know nothing of it */
        walked(1);

        struct model *model = feed();

        cr_expect_eq(model_main(model)->walk_stacks_differ, 3);
}

Test(counting, a_second_walk_replaces_the_first)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        live(1, 1, 10);
        walked(1);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        encode_free(stream_to(&stream, 1, 1), WIRE_AGE_1S, 1, 10);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 2, 10);
        live(1, 1, 10);
        live(2, 1, 10);
        walked(1);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 2, 10);

        struct model *model = feed();

        cr_expect_eq(model_main(model)->walk_stacks_differ, 0);
}

Test(counting, a_stack_id_out_of_range_counts_as_the_unknown_one)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, UINT32_MAX, 10);

        struct model *model = feed();

        cr_expect_eq(site_of(model, 1, 0)->live_bytes, 10);
        cr_expect_eq(model_main(model)->sites.count, 1);
}

Test(counting, a_process_is_made_for_frames_that_come_before_it_is_told_of)
{
        encode_alloc(stream_to(&stream, 3, 2), WIRE_MALLOC, 1, 10);
        stream_process(&stream, 3, 1, 300);

        struct model *model = feed();

        cr_assert_not_null(model_process(model, 3));
        cr_expect_eq(model_process(model, 3)->pid, 300);
        cr_expect_eq(model_process(model, 3)->live_bytes, 10);
        cr_expect_str_eq(model_process(model, 3)->command, "example --fast");
        cr_expect_eq(model_main(model)->number, 1);
}

Test(counting, a_repeated_frame_is_left_out)
{
        struct model *model = model_create();

        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        stream_feed(&stream, model);
        stream_feed(&stream, model);
        model_finish(model);

        cr_expect_eq(model->frames, 1);
        cr_expect_eq(model->frames_repeated, 1);
        cr_expect_eq(model_main(model)->live_bytes, 10);
}

Test(counting, lost_frames_leave_a_gap)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);
        stream_skip(&stream, 1, 1, 3);
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 1, 10);

        struct model *model = feed();

        cr_expect_eq(process_missing_frames(model_main(model)), 3);
        cr_expect_eq(model_main(model)->live_blocks, 2);
}

Test(counting, a_damaged_frame_counts_as_far_as_it_goes)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_alloc(to, WIRE_MALLOC, 1, 10);
        encode_alloc(to, WIRE_MALLOC, 2, 10);
        stream.frame[stream.encode.bytes - 3] = 0xff;

        struct model *model = feed();

        cr_expect_eq(model->frames_damaged, 1);
        cr_expect_eq(model_main(model)->live_blocks, 1);
        cr_expect_not(model_frame(model, stream.bytes, WIRE_HEADER_BYTES - 1, false));
}

Test(counting, errors_of_one_kind_at_the_same_stacks_are_one_row)
{
        static const struct wire_error error = {.kind = WIRE_ERROR_DOUBLE, .stack = 1, .alloc_stack = 2, .size = 100};
        struct wire_error other = error;
        struct model *model;
        const struct process *process;

        other.alloc_stack = 3;
        encode_error(stream_to(&stream, 1, 1), &error);
        encode_error(stream_to(&stream, 1, 1), &other);
        encode_error(stream_to(&stream, 1, 2), &error);
        model = feed();
        process = model_main(model);

        cr_assert_eq(HASH_COUNT(process->errors), 2);
        cr_expect_eq(process->errors->count, 2);
        cr_expect_eq(process->errors->thread, 1);
        cr_expect_eq(process->errors->first.size, 100);
        model_free(model);
}

Test(counting, of_a_guarded_slot_the_latest_use_stays_in_whatever_order_it_comes)
{
        struct model *model;
        const struct process *process;

        encode_guarded(stream_to(&stream, 1, 1), &(struct wire_guarded){.slot = 3, .number = 5, .size = 50});
        encode_guarded(stream_to(&stream, 1, 2), &(struct wire_guarded){.slot = 3, .number = 4, .size = 40});
        encode_guarded(stream_to(&stream, 1, 1), &(struct wire_guarded){.slot = 99, .number = 4, .size = 40});
        model = feed();
        process = model_main(model);

        cr_assert(process->guarded[3].told);
        cr_assert_not(process->guarded[2].told);
        cr_expect_eq(process->guarded[3].latest.size, 50);
        model_free(model);
}
