/* Counting in batches gives what counting event by event gives: all numbers of random streams are compared with those
 * of a plain count, which is written down here. */
#include "analyzer/model/model.h"

#include <criterion/criterion.h>

#include "tests/unit/analyzer/stream.h"

enum { PROCESSES = 2, THREADS = 3, SITES_MAX = 2000 };

struct plain_site {
        bool is_known;
        int kind;
        uint64_t allocations, resizes, requested, freed, allocated_usable, ages[SITE_AGES];
        int64_t live_blocks, live_bytes, live_usable, bytes_max;
        int64_t peak_blocks, peak_bytes, peak_usable;
        uint64_t size_min, size_max, first_ns, last_ns;
        int64_t after_blocks, after_bytes;
        struct series series;
};

struct plain_process {
        uint64_t allocations, frees, resizes, temporary, inherited_frees, requested, freed, first_ns, last_ns;
        int64_t live_blocks, live_bytes, live_usable;
        int64_t peak_blocks, peak_bytes, peak_usable;
        uint64_t peak_ns;
        bool walked[THREADS + 1]; /* by that thread */
        uint64_t thread_allocations[THREADS + 1], thread_frees[THREADS + 1], thread_requested[THREADS + 1];
        struct rise rise[THREADS + 1];
        struct series series;
        uint32_t order[SITES_MAX]; /* of appearance */
        size_t site_count;
        struct plain_site site[SITES_MAX];
};

struct event {
        uint32_t process, thread, stack;
        bool is_free;
        unsigned code;
        uint64_t size, time_ns;
};

static struct plain_process plain[PROCESSES + 1];
static struct clock clock;
static struct classes classes;
static struct stream stream;
static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return (random_state >> 11) % limit;
}

/* --- the plain count ---------------------------------------------------------------------------------------------- */

static struct plain_site *plain_site(struct plain_process *process, uint32_t stack)
{
        struct plain_site *site = &process->site[stack];

        if (!site->is_known) {
                site->is_known = true;
                site->kind = -1;
                site->size_min = site->first_ns = UINT64_MAX;
                process->order[process->site_count++] = stack;
        }
        return site;
}

static void plain_live(struct plain_process *process, struct plain_site *site, const struct event *event, int64_t sign)
{
        int64_t size = (int64_t)event->size, usable = (int64_t)classes_usable(&classes, event->size);

        site->live_blocks += sign;
        site->live_bytes += sign * size;
        site->live_usable += sign * usable;
        process->live_blocks += sign;
        process->live_bytes += sign * size;
        process->live_usable += sign * usable;
        if (process->walked[event->thread]) {
                site->after_blocks += sign;
                site->after_bytes += sign * size;
        }
}

static void plain_peak(struct plain_process *process, uint64_t time_ns)
{
        if (process->live_bytes <= process->peak_bytes)
                return;
        process->peak_bytes = process->live_bytes;
        process->peak_blocks = process->live_blocks;
        process->peak_usable = process->live_usable;
        process->peak_ns = time_ns;
        for (size_t i = 0; i < process->site_count; i++) {
                struct plain_site *site = &process->site[process->order[i]];

                site->peak_blocks = site->live_blocks;
                site->peak_bytes = site->live_bytes;
                site->peak_usable = site->live_usable;
        }
}

static void plain_alloc(struct plain_process *process, const struct event *event, int64_t number)
{
        struct plain_site *site = plain_site(process, event->stack);
        struct bin *bin = series_at(&site->series, &clock, number);
        bool resized = event->code == WIRE_RESIZED;

        bin->allocations++;
        bin->requested += event->size;
        plain_live(process, site, event, 1);
        site->allocations += !resized;
        site->resizes += resized;
        site->requested += event->size;
        site->allocated_usable += classes_usable(&classes, event->size);
        if (site->kind < 0)
                site->kind = resized ? WIRE_REALLOC : (int)event->code;
        if (event->size < site->size_min)
                site->size_min = event->size;
        if (event->size > site->size_max)
                site->size_max = event->size;
        if (event->time_ns < site->first_ns)
                site->first_ns = event->time_ns;
        if (event->time_ns > site->last_ns)
                site->last_ns = event->time_ns;
        if (site->live_bytes > site->bytes_max)
                site->bytes_max = site->live_bytes;
        bin = series_at(&process->series, &clock, number);
        bin->allocations += !resized;
        bin->requested += event->size;
        if (process->live_bytes > bin->bytes_max)
                bin->bytes_max = process->live_bytes;
        process->allocations += !resized;
        process->resizes += resized;
        process->requested += event->size;
        process->thread_allocations[event->thread] += !resized;
        process->thread_requested[event->thread] += event->size;
        plain_peak(process, event->time_ns);
}

static void plain_free(struct plain_process *process, const struct event *event, int64_t number)
{
        struct plain_site *site = plain_site(process, event->stack);
        struct bin *bin = series_at(&site->series, &clock, number);
        bool counts = event->code != WIRE_AGE_RESIZED;

        bin->frees++;
        bin->freed += event->size;
        bin = series_at(&process->series, &clock, number);
        if (process->live_bytes > bin->bytes_max)
                bin->bytes_max = process->live_bytes;
        bin->frees += counts;
        bin->freed += event->size;
        plain_live(process, site, event, -1);
        site->freed += event->size;
        if (counts)
                site->ages[event->code < SITE_AGES ? event->code : (unsigned)WIRE_AGE_OLDER]++;
        process->frees += counts;
        process->temporary += event->code == WIRE_AGE_TEMPORARY;
        process->freed += event->size;
        process->thread_frees[event->thread] += counts;
}

static void plain_count(const struct event *event)
{
        struct plain_process *process = &plain[event->process];
        int64_t number = clock_bin(&clock, event->time_ns);

        if (process->first_ns == 0 || event->time_ns < process->first_ns)
                process->first_ns = event->time_ns;
        if (event->time_ns > process->last_ns)
                process->last_ns = event->time_ns;
        if (event->is_free && event->code == WIRE_AGE_INHERITED) {
                process->inherited_frees++;
                return;
        }
        rise_change(&process->rise[event->thread], &process->series, &clock, number,
                    event->is_free ? 0 - event->size : event->size, event->is_free ? 0 : (int64_t)event->size);
        if (event->is_free)
                plain_free(process, event, number);
        else
                plain_alloc(process, event, number);
}

/* --- random streams ----------------------------------------------------------------------------------------------- */

struct shape {
        uint64_t seed;
        unsigned events, sites, sizes, run; /* at most `run` events of one thread in a row */
        uint64_t size_max, tick_us;
        unsigned ticks, cold; /* one event in so many is a tick, a definition, a walk */
        unsigned allocations; /* of 16 events */
};

static void put_cold(struct encode *to, struct event *event)
{
        const struct wire_pc pc = {0x1000 + random_below(100), 1};

        switch (random_below(8)) {
        case 0:
                encode_walked(to, &(struct wire_walked){.blocks = 1});
                for (int i = 0; i <= THREADS; i++)
                        plain[event->process].walked[i] = i == (int)event->thread;
                for (int i = 0; i < SITES_MAX; i++)
                        plain[event->process].site[i].after_blocks = plain[event->process].site[i].after_bytes = 0;
                break;
        case 1:
                encode_thread(to, &(struct wire_thread){1, "name", 4});
                break;
        default:
                encode_stack(to, 1 + (uint32_t)random_below(1000), 0, 0, &pc, 1);
        }
}

static void put_block(struct encode *to, const struct shape *shape, struct event *event)
{
        static const enum wire_age ages[] = {0, 1, 2, 3, 4, 5, 6, 7, 9, 13, 14, 15};

        event->is_free = random_below(16) >= shape->allocations;
        event->stack = (uint32_t)random_below(shape->sites);
        event->size = random_below(shape->sizes) * shape->size_max / shape->sizes;
        if (event->is_free) {
                event->code = ages[random_below(random_below(4) ? 3 : sizeof ages / sizeof *ages)];
                encode_free(to, (enum wire_age)event->code, event->stack, event->size);
        } else {
                event->code = (unsigned)random_below(random_below(4) ? 1 : WIRE_ALLOC_KINDS);
                encode_alloc(to, (enum wire_alloc_kind)event->code, event->stack, event->size);
        }
        plain_count(event);
}

static void put_events(const struct shape *shape)
{
        struct event event = {0};
        unsigned left = 0;

        for (unsigned i = 0; i < shape->events; i++) {
                if (left-- == 0) {
                        event.process = 1 + (uint32_t)random_below(PROCESSES);
                        event.thread = 1 + (uint32_t)random_below(THREADS);
                        left = (unsigned)random_below(shape->run);
                        stream.time_ns += random_below(shape->tick_us) * 1000;
                }
                struct encode *to = stream_to(&stream, event.process, event.thread);

                if (to->bytes == WIRE_HEADER_BYTES)
                        event.time_ns = stream.time_ns;
                if (random_below(shape->ticks) == 0) {
                        uint64_t us = random_below(shape->tick_us);

                        encode_tick(to, us);
                        event.time_ns += us * 1000;
                } else if (random_below(shape->cold) == 0) {
                        put_cold(to, &event);
                } else {
                        put_block(to, shape, &event);
                }
        }
}

/* --- the comparison ----------------------------------------------------------------------------------------------- */

#define EXPECT_SAME(a, b, name) cr_expect_eq((a)->name, (b)->name, #name)

static void compare_bins(const struct site *site, struct plain_site *expected)
{
        struct site_bin bin[CLOCK_BINS_MAX];
        size_t count = site_bins_list(site->bins, bin);

        series_catch_up(&expected->series, &clock);
        cr_assert_eq(count, expected->series.count);
        for (size_t i = 0; i < count; i++) {
                cr_expect_eq(bin[i].number, expected->series.bin[i].number);
                cr_expect_eq(bin[i].allocations, expected->series.bin[i].allocations);
                EXPECT_SAME(&bin[i], &expected->series.bin[i], frees);
                EXPECT_SAME(&bin[i], &expected->series.bin[i], requested);
                EXPECT_SAME(&bin[i], &expected->series.bin[i], freed);
        }
}

static void compare_site(const struct process *process, const struct site *site, struct plain_site *expected)
{
        bool after = site->walk && site->walk->number == process->walk;

        cr_expect_eq(site_allocations(site), expected->allocations);
        cr_expect_eq(site_count(site, SITE_RESIZES), expected->resizes);
        for (unsigned i = 0; i < SITE_AGES; i++)
                cr_expect_eq(site_count(site, i), expected->ages[i]);
        cr_expect_eq(site_freed(site), expected->freed);
        cr_expect_eq(after ? site->walk->after_blocks : 0, expected->after_blocks);
        cr_expect_eq(after ? site->walk->after_bytes : 0, expected->after_bytes);
        EXPECT_SAME(site, expected, kind);
        EXPECT_SAME(site, expected, requested);
        EXPECT_SAME(site, expected, allocated_usable);
        EXPECT_SAME(site, expected, live_blocks);
        EXPECT_SAME(site, expected, live_bytes);
        EXPECT_SAME(site, expected, live_usable);
        EXPECT_SAME(site, expected, bytes_max);
        EXPECT_SAME(site, expected, peak_blocks);
        EXPECT_SAME(site, expected, peak_bytes);
        EXPECT_SAME(site, expected, peak_usable);
        EXPECT_SAME(site, expected, size_min);
        EXPECT_SAME(site, expected, size_max);
        EXPECT_SAME(site, expected, first_ns);
        EXPECT_SAME(site, expected, last_ns);
        compare_bins(site, expected);
}

static void compare_series(struct series *series, struct series *expected)
{
        series_catch_up(series, &clock);
        series_catch_up(expected, &clock);
        cr_assert_eq(series->count, expected->count);
        for (size_t i = 0; i < series->count; i++) {
                EXPECT_SAME(&series->bin[i], &expected->bin[i], number);
                EXPECT_SAME(&series->bin[i], &expected->bin[i], allocations);
                EXPECT_SAME(&series->bin[i], &expected->bin[i], frees);
                EXPECT_SAME(&series->bin[i], &expected->bin[i], requested);
                EXPECT_SAME(&series->bin[i], &expected->bin[i], freed);
                EXPECT_SAME(&series->bin[i], &expected->bin[i], rise);
                EXPECT_SAME(&series->bin[i], &expected->bin[i], bytes_max);
        }
}

static void compare_threads(struct process *process, struct plain_process *expected)
{
        for (struct thread *thread = process->threads; thread; thread = thread->hh.next) {
                cr_expect_eq(thread->allocations, expected->thread_allocations[thread->number]);
                cr_expect_eq(thread->frees, expected->thread_frees[thread->number]);
                cr_expect_eq(thread->requested, expected->thread_requested[thread->number]);
                EXPECT_SAME(&thread->rise, &expected->rise[thread->number], net);
                EXPECT_SAME(&thread->rise, &expected->rise[thread->number], max);
        }
}

static void compare_process(struct process *process, struct plain_process *expected)
{
        EXPECT_SAME(process, expected, allocations);
        EXPECT_SAME(process, expected, frees);
        EXPECT_SAME(process, expected, resizes);
        EXPECT_SAME(process, expected, temporary);
        EXPECT_SAME(process, expected, inherited_frees);
        EXPECT_SAME(process, expected, requested);
        EXPECT_SAME(process, expected, freed);
        EXPECT_SAME(process, expected, live_blocks);
        EXPECT_SAME(process, expected, live_bytes);
        EXPECT_SAME(process, expected, live_usable);
        EXPECT_SAME(process, expected, peak_blocks);
        EXPECT_SAME(process, expected, peak_bytes);
        EXPECT_SAME(process, expected, peak_usable);
        EXPECT_SAME(process, expected, peak_ns);
        EXPECT_SAME(process, expected, first_ns);
        EXPECT_SAME(process, expected, last_ns);
        compare_threads(process, expected);
        compare_series(&process->series, &expected->series);
        cr_assert_eq(process->sites.count, expected->site_count);
        for (size_t i = 0; i < process->sites.count; i++) {
                struct site *site = process->sites.site[i];

                site_before_change(site, process->peak);
                site_finish(site, &clock);
                cr_assert_eq(site->stack, expected->order[i]);
                compare_site(process, site, &expected->site[site->stack]);
        }
}

static void try_shape(const struct shape *shape)
{
        struct model *model = model_create();

        random_state = shape->seed * UINT64_C(0x9E3779B97F4A7C15);
        memset(plain, 0, sizeof plain);
        memset(&clock, 0, sizeof clock);
        stream_init(&stream);
        clock_start(&clock, stream.time_ns);
        clock_start(&model->clock, stream.time_ns);
        classes_init(&classes);
        put_events(shape);
        stream_feed(&stream, model);
        cr_assert_eq(model->frames_damaged, 0);
        cr_expect_eq(model->clock.doublings, clock.doublings);
        for (uint32_t i = 1; i <= PROCESSES; i++)
                if (model_process(model, i))
                        compare_process(model_process(model, i), &plain[i]);
        for (int i = 1; i <= PROCESSES; i++) {
                series_free(&plain[i].series);
                for (int j = 0; j < SITES_MAX; j++)
                        series_free(&plain[i].site[j].series);
        }
        stream_free(&stream);
        model_free(model);
}

Test(batches, they_count_what_events_one_by_one_count)
{
        static const struct shape shapes[] = {
                {.events = 3000, .sites = 3, .sizes = 3, .size_max = 100, .allocations = 8},
                {.events = 3000, .sites = 40, .sizes = 5, .size_max = 1000, .allocations = 9},
                {.events = 3000, .sites = 2000, .sizes = 1, .size_max = 64, .allocations = 10},
                {.events = 3000, .sites = 500, .sizes = 900, .size_max = 1 << 20, .allocations = 8},
                {.events = 3000, .sites = 1, .sizes = 40, .size_max = UINT64_C(1) << 40, .allocations = 7},
        };

        for (uint64_t seed = 1; seed <= 200; seed++) {
                struct shape shape = shapes[seed % 5];

                shape.seed = seed;
                shape.run = seed % 3 ? 3000 : 20;
                shape.ticks = seed % 4 ? 300 : 5;
                shape.cold = seed % 7 ? 1000 : 4;
                shape.tick_us = seed % 2 ? 20000 : 200;
                try_shape(&shape);
        }
}

Test(batches, bins_get_wider_for_all_sites_when_there_are_too_many)
{
        enum { SITES = 2600, BINS = 400 };
        struct model *model = model_create();

        stream_init(&stream);
        for (int i = 0; i < BINS; i++, stream.time_ns += CLOCK_BIN_NS) {
                stream_flush(&stream);
                for (uint32_t j = 1; j <= SITES; j++)
                        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, j, 8);
        }
        stream_feed(&stream, model);
        model_finish(model);
        cr_expect_eq(model->clock.doublings, 0);
        cr_expect_eq(model->site_clock.doublings, 1);
        for (uint32_t j = 1; j <= SITES; j++) {
                struct site *site = sites_at(&model_main(model)->sites, j);
                struct site_bin bin[CLOCK_BINS_MAX];

                cr_expect_eq(site_allocations(site), BINS);
                cr_assert_eq(site_bins_list(site->bins, bin), BINS / 2);
                for (int i = 0; i < BINS / 2; i++) {
                        cr_expect_eq(bin[i].number, i);
                        cr_expect_eq(bin[i].allocations, 2);
                        cr_expect_eq(bin[i].requested, 16);
                        cr_expect_eq(bin[i].freed, 0);
                }
        }
        stream_free(&stream);
        model_free(model);
}
