/* Events of a sample into the same counters as all others, each multiplied by its weight. They are few. */
#include "analyzer/model/sampled.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/xalloc.h"
#include "wire/weight.h"

/* An event. Weight, bytes and usable bytes are in units of 1 / WIRE_WEIGHT_ONE. */
struct sample {
        struct place *place;
        struct site *site;
        struct site_sample *more;
        uint64_t weight, bytes, usable;
        uint64_t size; /* what was asked for */
        uint64_t spread;
};

void sampled_rate(struct process *process, uint64_t rate)
{
        if (!process->sample_rate && rate && rate <= WIRE_SAMPLE_RATE_MAX)
                process->sample_rate = rate;
}

struct site_sample *sampled_site(const struct process *process, const struct site *site)
{
        struct site_sample *sample;

        HASH_FIND(hh, process->samples, &site->stack, sizeof site->stack, sample);
        return sample;
}

static struct site_sample *site_sample_make(struct process *process, const struct site *site)
{
        struct site_sample *sample = sampled_site(process, site);

        if (sample)
                return sample;
        sample = xcalloc(1, sizeof *sample);
        sample->stack = site->stack;
        HASH_ADD(hh, process->samples, stack, sizeof sample->stack, sample);
        return sample;
}

void sampled_free(struct process *process)
{
        struct site_sample *sample, *next;

        HASH_ITER(hh, process->samples, sample, next) {
                HASH_DEL(process->samples, sample);
                free(sample);
        }
}

void sampled_before_change(const struct process *process, const struct site *site)
{
        struct site_sample *sample;

        if (!process->sample_rate || site->peak_seen == process->peak)
                return;
        sample = sampled_site(process, site);
        if (sample)
                sample->peak_spread = sample->live_spread;
}

static void weigh(struct sample *sample, uint64_t told)
{
        uint64_t usable = told >> WIRE_SLACK_BITS, slack = told & WIRE_SLACK_MAX;
        uint64_t rate = sample->place->process->sample_rate;
        double weight, size;

        sample->size = usable > slack ? usable - slack : 0;
        sample->weight = wire_weight(rate, usable);
        sample->bytes = sample->weight * sample->size;
        sample->usable = sample->weight * usable;
        weight = (double)sample->weight / WIRE_WEIGHT_ONE;
        size = (double)sample->size / (double)rate;
        sample->spread = (uint64_t)llround(size * size * weight * (weight - 1) * SAMPLED_SPREAD_ONE);
}

/* `sign` is 1 for a block more that lives, and -1, wrapped around, for one less. */
static void live_change(const struct sample *sample, uint64_t sign)
{
        struct process *process = sample->place->process;
        struct site *site = sample->site;

        sampled_before_change(process, site);
        site_before_change(site, process->peak);
        model_site_open(sample->place->model, site, sample->place->bin);
        site_add(&site->live_blocks, sign * sample->weight);
        site_add(&site->live_bytes, sign * sample->bytes);
        site_add(&site->live_usable, sign * sample->usable);
        site_add(&sample->more->live_spread, sign * sample->spread);
        site_add(&process->live_blocks, sign * sample->weight);
        site_add(&process->live_bytes, sign * sample->bytes);
        site_add(&process->live_usable, sign * sample->usable);
        if (sample->place->thread->walk && sample->place->thread->walk == process->walk) {
                site_add(&site_walk(site, process->walk)->after_blocks, sign * sample->weight);
                site_add(&site_walk(site, process->walk)->after_bytes, sign * sample->bytes);
        }
}

static void peak_check(const struct sample *sample)
{
        struct process *process = sample->place->process;

        if (process->live_bytes <= process->peak_bytes)
                return;
        process_peak_next(process);
        process->peak_bytes = process->live_bytes;
        process->peak_blocks = process->live_blocks;
        process->peak_usable = process->live_usable;
        process->peak_ns = sample->place->time_ns;
}

static void count_add(struct site *site, unsigned which, uint64_t more)
{
        site_count_add(site, which, (uint32_t)more);
        if (more >> 32) {
                site_count_carry(site, which);
                site->count_high[which] += (uint32_t)(more >> 32) - 1;
        }
}

static void count_alloc_site(const struct sample *sample, enum wire_alloc_kind kind)
{
        struct site *site = sample->site;
        double weight = (double)sample->weight / WIRE_WEIGHT_ONE;
        uint64_t time_ns = sample->place->time_ns;

        sample->more->taken++;
        sample->more->requested_spread += sample->spread;
        if (kind == WIRE_RESIZED)
                count_add(site, SITE_RESIZES, sample->weight);
        else
                sample->more->allocations_variance += weight * (weight - 1);
        if (site->kind < 0)
                site->kind = (int8_t)(kind == WIRE_RESIZED ? WIRE_REALLOC : kind);
        site->requested += sample->bytes;
        site->allocated_usable += sample->usable;
        if (sample->size < site->size_min)
                site->size_min = sample->size;
        if (sample->size > site->size_max)
                site->size_max = sample->size;
        if (time_ns < site->first_ns)
                site->first_ns = time_ns;
        if (time_ns > site->last_ns)
                site->last_ns = time_ns;
        if (site->live_bytes > site->bytes_max)
                site->bytes_max = site->live_bytes;
}

/* The bin of the process; what it began with may be the most that lives in it. */
static struct bin *process_bin(const struct sample *sample)
{
        struct process *process = sample->place->process;
        struct bin *bin = series_at(&process->series, &sample->place->model->clock, sample->place->bin);

        if (process->live_bytes > bin->bytes_max)
                bin->bytes_max = process->live_bytes;
        return bin;
}

static void count_alloc(const struct sample *sample, enum wire_alloc_kind kind)
{
        struct process *process = sample->place->process;
        struct thread *thread = sample->place->thread;
        struct bin *bin;

        rise_change(&thread->rise, &process->series, &sample->place->model->clock, sample->place->bin, sample->bytes,
                    (int64_t)sample->bytes);
        live_change(sample, 1);
        count_alloc_site(sample, kind);
        bin = process_bin(sample);
        bin->requested += sample->bytes;
        process->requested += sample->bytes;
        thread->requested += sample->bytes;
        if (kind == WIRE_RESIZED) {
                process->taken_resizes++;
                process->resizes += sample->weight;
        } else {
                process->taken_allocations++;
                process->allocations += sample->weight;
                thread->allocations += sample->weight;
                bin->allocations += sample->weight;
        }
        peak_check(sample);
}

static void count_free(const struct sample *sample, unsigned age)
{
        struct process *process = sample->place->process;
        struct thread *thread = sample->place->thread;
        struct bin *bin;

        rise_change(&thread->rise, &process->series, &sample->place->model->clock, sample->place->bin,
                    0 - sample->bytes, 0);
        bin = process_bin(sample);
        live_change(sample, (uint64_t)-1);
        bin->freed += sample->bytes;
        process->freed += sample->bytes;
        if (age == WIRE_AGE_RESIZED) {
                count_add(sample->site, SITE_RESIZED, sample->weight);
                return;
        }
        count_add(sample->site, age < SITE_AGES ? age : (unsigned)WIRE_AGE_OLDER, sample->weight);
        process->taken_frees++;
        process->temporary += age == WIRE_AGE_TEMPORARY ? sample->weight : 0;
        process->frees += sample->weight;
        thread->frees += sample->weight;
        bin->frees += sample->weight;
}

void sampled_count(struct place *place, const struct decode *decode, const decode_block *block, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                const struct decode_pair *pair = &decode->pair[decode_block_pair(block[i])];
                const unsigned code = decode_block_code(block[i]);
                struct sample sample = {.place = place};

                place_bin(place);
                if (code == (DECODE_FREE | WIRE_AGE_INHERITED)) {
                        place->process->inherited_frees++;
                        continue;
                }
                sample.site = sites_at(&place->process->sites, pair->stack);
                sample.more = site_sample_make(place->process, sample.site);
                weigh(&sample, pair->size);
                if (code < DECODE_FREE)
                        count_alloc(&sample, (enum wire_alloc_kind)code);
                else
                        count_free(&sample, code - DECODE_FREE);
        }
        model_site_bins_limit(place->model);
}

void sampled_walk_live(const struct process *process, struct wire_live *live)
{
        uint64_t weight;

        if (!process->sample_rate)
                return;
        weight = wire_weight(process->sample_rate, live->blocks ? live->usable_bytes / live->blocks : 0);
        live->blocks *= weight;
        live->bytes *= weight;
        live->usable_bytes *= weight;
}

void sampled_merge(struct process *process, const struct site *site, const struct site *from)
{
        struct site_sample *more = sampled_site(process, from), *to;

        if (!more)
                return;
        to = site_sample_make(process, site);
        to->taken += more->taken;
        to->requested_spread += more->requested_spread;
        site_add(&to->live_spread, (uint64_t)more->live_spread);
        site_add(&to->peak_spread, (uint64_t)more->peak_spread);
        to->allocations_variance += more->allocations_variance;
}

static uint64_t whole(uint64_t count)
{
        return count / WIRE_WEIGHT_ONE + (count % WIRE_WEIGHT_ONE >= WIRE_WEIGHT_ONE / 2);
}

static void make_whole(uint64_t *const *counts, size_t count)
{
        for (size_t i = 0; i < count; i++)
                *counts[i] = whole(*counts[i]);
}

static void make_whole_signed(int64_t *const *levels, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                int64_t rest = *levels[i] & (WIRE_WEIGHT_ONE - 1);

                *levels[i] = (*levels[i] - rest) / WIRE_WEIGHT_ONE + (rest >= WIRE_WEIGHT_ONE / 2);
        }
}

#define WHOLE(...)                                                                                                     \
        make_whole((uint64_t *const[]){__VA_ARGS__}, sizeof((uint64_t *const[]){__VA_ARGS__}) / sizeof(uint64_t *))
#define WHOLE_SIGNED(...)                                                                                              \
        make_whole_signed((int64_t *const[]){__VA_ARGS__}, sizeof((int64_t *const[]){__VA_ARGS__}) / sizeof(int64_t *))

/* Where the peak was found by bins, what was uncertain just then is not known: it is taken to be in proportion. */
static void finish_peak_spread(const struct process *process, const struct site *site)
{
        struct site_sample *more = sampled_site(process, site);

        if (!more || !process->peak_by_bins)
                return;
        more->peak_spread = 0;
        if (site->peak_bytes > 0 && (uint64_t)site->peak_bytes <= site->requested)
                more->peak_spread =
                        (int64_t)((double)more->requested_spread * (double)site->peak_bytes / (double)site->requested);
}

/* By the age that has most of them; live blocks are not to be touched, as none would become one, or less than none. */
static bool settle_frees(struct site *site, int64_t missing)
{
        uint32_t *most = &site->count[0];

        for (unsigned age = 1; age < SITE_AGES; age++)
                if (site->count[age] > *most)
                        most = &site->count[age];
        if (*most < SITE_COUNTS || *most > UINT32_MAX - SITE_COUNTS)
                return false;
        *most = (uint32_t)(*most + missing);
        return true;
}

/* Allocations are what is between other counts (see site_allocations), which were rounded each by itself. */
static void settle_allocations(struct site *site, uint64_t allocations)
{
        int64_t missing = (int64_t)(allocations - site_allocations(site)), resized = site->count[SITE_RESIZED];

        if (missing < -SITE_COUNTS || missing > SITE_COUNTS)
                return; /* not by rounding: frames are missing */
        if (resized + missing >= 0 && resized + missing <= UINT32_MAX)
                site->count[SITE_RESIZED] = (uint32_t)(resized + missing);
        else if (!settle_frees(site, missing))
                site_add(&site->live_blocks, (uint64_t)missing);
}

static void finish_bin(struct site_bin *bin)
{
        bin->allocations = whole(bin->allocations);
        WHOLE(&bin->frees, &bin->requested, &bin->freed);
}

static void finish_site(struct site *site)
{
        uint64_t allocations = site_allocations(site);

        WHOLE(&site->requested, &site->allocated_usable);
        WHOLE_SIGNED(&site->live_blocks, &site->live_bytes, &site->live_usable, &site->peak_blocks, &site->peak_bytes,
                     &site->peak_usable, &site->bytes_max);
        for (unsigned i = 0; i < SITE_COUNTS; i++) {
                uint64_t count = whole(site_count(site, i));

                site->count[i] = (uint32_t)count;
                if (site->count_high)
                        site->count_high[i] = (uint32_t)(count >> 32);
        }
        if ((int64_t)allocations >= 0) /* else frames are missing */
                settle_allocations(site, whole(allocations));
        site_bins_edit(site->bins, finish_bin);
}

/* Sums of what was rounded at each site, so that who adds up the sites finds the same. */
static void finish_sums(struct process *process)
{
        uint64_t freed = 0, walk_blocks = 0, walk_bytes = 0;

        process->allocations = process->frees = process->resizes = process->temporary = process->requested = 0;
        process->live_blocks = process->live_bytes = process->live_usable = 0;
        for (size_t i = 0; i < process->sites.count; i++) {
                const struct site *site = process->sites.site[i];

                process->allocations += site_allocations(site);
                process->frees += site_frees(site);
                process->resizes += site_count(site, SITE_RESIZES);
                process->temporary += site_count(site, WIRE_AGE_TEMPORARY);
                process->requested += site->requested;
                freed += site_freed(site);
                site_add(&process->live_blocks, (uint64_t)site->live_blocks);
                site_add(&process->live_bytes, (uint64_t)site->live_bytes);
                site_add(&process->live_usable, (uint64_t)site->live_usable);
                if (site->walk && site->walk->number == process->walk) {
                        walk_blocks += whole(site->walk->blocks);
                        walk_bytes += whole(site->walk->bytes);
                }
        }
        process->freed = freed;
        process->walk_totals.blocks = walk_blocks;
        process->walk_totals.bytes = walk_bytes;
}

void sampled_finish(struct process *process)
{
        if (!process->sample_rate)
                return;
        for (size_t i = 0; i < process->sites.count; i++) {
                finish_peak_spread(process, process->sites.site[i]);
                finish_site(process->sites.site[i]);
        }
        finish_sums(process);
        WHOLE(&process->peak_bound);
        WHOLE_SIGNED(&process->peak_blocks, &process->peak_bytes, &process->peak_usable);
        for (struct thread *thread = process->threads; thread; thread = thread->hh.next)
                WHOLE(&thread->allocations, &thread->frees, &thread->requested);
        for (size_t i = 0; i < process->series.count; i++) {
                struct bin *bin = &process->series.bin[i];

                WHOLE(&bin->allocations, &bin->frees, &bin->requested, &bin->freed);
                WHOLE_SIGNED(&bin->rise, &bin->bytes_max);
        }
}
