/* The hot path of the analyzer. Loops over events do not branch on what they are: no processor would guess it. */
#include "analyzer/model/tally.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

/* One pair of stack and size in the frame. */
struct entry {
        uint64_t size, usable;
        uint32_t stack;
};

/* Of an entry, what each event looks at. */
struct counter {
        struct site *site; /* where it is or will be; NULL: there is no room yet */
        uint32_t codes;    /* a bit for each that was counted in this part of a batch; 0 between */
};

/* The tables are indexed by parts of decode_block, so that an event costs few instructions. */
struct tally {
        size_t entries, touched_count;
        decode_block block[DECODE_BLOCKS_MAX];
        uint16_t touched[DECODE_PAIRS_MAX]; /* entries with a count, in order of the first event */
        struct entry entry[DECODE_PAIRS_MAX];
        struct counter counter[DECODE_PAIRS_MAX];
        uint64_t change[DECODE_PAIRS_MAX * 2];           /* of live bytes: by an ALLOC, by a FREE */
        uint16_t count[DECODE_PAIRS_MAX * DECODE_CODES]; /* of one part of a batch; all 0 between */
};

static inline uint64_t change_of(const struct tally *tally, decode_block block)
{
        return tally->change[block / DECODE_FREE];
}

/* What a part of a batch changes in process, thread and bin. */
struct sums {
        uint64_t allocations, resizes, frees, temporary;
        uint64_t allocated, freed; /* blocks, both halves of a resize included */
        uint64_t bytes_allocated, bytes_freed;
        uint64_t usable; /* net, wrapped around */
};

struct tally *tally_create(void)
{
        return xcalloc(1, sizeof(struct tally));
}

void tally_free(struct tally *tally)
{
        free(tally);
}

void tally_begin(struct tally *tally)
{
        tally->entries = 0;
}

decode_block *tally_blocks(struct tally *tally)
{
        return tally->block;
}

void tally_classes(struct tally *tally, const struct classes *classes, const struct decode *decode)
{
        for (size_t i = 0; i < tally->entries; i++)
                tally->entry[i].usable = classes_usable(classes, decode->pair[i].size);
}

static inline void entry_define(struct tally *tally, size_t at, const struct place *place,
                                const struct decode_pair *pair)
{
        struct site *site = sites_room(&place->process->sites, pair->stack);

        __builtin_prefetch(site, 1);
        __builtin_prefetch((const void *)((uintptr_t)site + 64), 1); /* it may be NULL */
        tally->counter[at].site = site;
        tally->change[2 * at] = pair->size;
        tally->change[2 * at + 1] = 0 - pair->size;
        tally->entry[at] = (struct entry){pair->size, classes_usable(&place->model->classes, pair->size), pair->stack};
}

/* The running sum of live bytes over a batch. */
struct run {
        uint64_t net;
        int64_t max;   /* at least 0: the begin counts too */
        size_t max_at; /* events up to and with the first that reaches it */
};

static struct run run_of(const struct tally *tally, size_t count)
{
        struct run run = {0};

        for (size_t i = 0; i < count; i++) {
                run.net += change_of(tally, tally->block[i]);
                bool higher = (int64_t)run.net > run.max;

                run.max = higher ? (int64_t)run.net : run.max;
                run.max_at = higher ? i + 1 : run.max_at;
        }
        return run;
}

/* They touch no site. */
static size_t leave_out_inherited(struct tally *tally, struct process *process, size_t count)
{
        size_t kept = 0;

        for (size_t i = 0; i < count; i++) {
                if (decode_block_code(tally->block[i]) == (DECODE_FREE | WIRE_AGE_INHERITED))
                        process->inherited_frees++;
                else
                        tally->block[kept++] = tally->block[i];
        }
        return kept;
}

/* The first event of an entry in a part, before anything of the site changes. True: its kind is not known yet. */
static bool entry_touch(struct tally *tally, size_t at, const struct place *place)
{
        struct site *site = tally->counter[at].site;

        tally->touched[tally->touched_count++] = (uint16_t)at;
        if (!site || site->peak_seen == SITE_UNMADE)
                site = tally->counter[at].site = sites_at(&place->process->sites, tally->entry[at].stack);
        site_before_change(site, place->process->peak);
        model_site_open(place->model, site, place->bin);
        return site->kind < 0;
}

static void find_kinds(struct tally *tally, size_t from, size_t to)
{
        for (size_t i = from; i < to; i++) {
                struct site *site = tally->counter[decode_block_pair(tally->block[i])].site;
                unsigned code = decode_block_code(tally->block[i]);

                if (code < DECODE_FREE && site->kind < 0)
                        site->kind = (int8_t)(code == WIRE_RESIZED ? WIRE_REALLOC : code);
        }
}

/* Numbers the events by entry and code. What lives at a site is followed event by event, for its own maximum: it is in
 * the first line of its memory. After a free it is never higher than before. */
static void number_blocks(struct tally *tally, const struct place *place, size_t from, size_t to)
{
        bool kinds_missing = false;

        for (size_t i = from; i < to; i++) {
                const decode_block block = tally->block[i];
                struct counter *counter = &tally->counter[decode_block_pair(block)];

                if (!counter->codes)
                        kinds_missing |= entry_touch(tally, decode_block_pair(block), place);
                struct site *site = counter->site;

                counter->codes |= UINT32_C(1) << decode_block_code(block);
                tally->count[block]++;
                site_add(&site->live_bytes, change_of(tally, block));
                site->bytes_max = site->live_bytes > site->bytes_max ? site->live_bytes : site->bytes_max;
        }
        if (kinds_missing)
                find_kinds(tally, from, to);
}

/* Blocks of an entry by what happened to them. */
struct events {
        uint64_t allocations, resizes, frees, resized, temporary;
};

static inline struct events entry_take(struct counter *counter, uint16_t counts[DECODE_CODES])
{
        struct events events = {0};

        for (uint32_t codes = counter->codes; codes; codes &= codes - 1) {
                unsigned code = (unsigned)__builtin_ctz(codes), age = code - DECODE_FREE;
                uint32_t count = counts[code];

                counts[code] = 0;
                if (code < DECODE_FREE) {
                        *(code == WIRE_RESIZED ? &events.resizes : &events.allocations) += count;
                } else if (age == WIRE_AGE_RESIZED) {
                        events.resized += count;
                } else {
                        /* Ages in between are not used by this version. */
                        site_count_add(counter->site, age < SITE_AGES ? age : (unsigned)WIRE_AGE_OLDER, count);
                        events.temporary += age == WIRE_AGE_TEMPORARY ? count : 0;
                        events.frees += count;
                }
        }
        counter->codes = 0;
        return events;
}

static inline void site_allocated(struct site *site, const struct entry *entry, uint64_t blocks, uint64_t time_ns)
{
        site->requested += blocks * entry->size;
        site->allocated_usable += blocks * entry->usable;
        if (entry->size < site->size_min)
                site->size_min = entry->size;
        if (entry->size > site->size_max)
                site->size_max = entry->size;
        if (time_ns < site->first_ns)
                site->first_ns = time_ns;
        if (time_ns > site->last_ns)
                site->last_ns = time_ns;
}

static void count_after_walk(struct site *site, uint32_t walk, uint64_t blocks, uint64_t bytes)
{
        site_add(&site_walk(site, walk)->after_blocks, blocks);
        site_add(&site_walk(site, walk)->after_bytes, bytes);
}

static inline void entry_count(struct tally *tally, size_t at, const struct place *place, struct sums *sums)
{
        const struct entry *entry = &tally->entry[at];
        struct site *site = tally->counter[at].site;
        struct events events = entry_take(&tally->counter[at], &tally->count[at * DECODE_CODES]);
        uint64_t allocated = events.allocations + events.resizes, freed = events.frees + events.resized;

        if (events.resizes)
                site_count_add(site, SITE_RESIZES, (uint32_t)events.resizes);
        if (events.resized)
                site_count_add(site, SITE_RESIZED, (uint32_t)events.resized);
        if (allocated)
                site_allocated(site, entry, allocated, place->time_ns);
        site_add(&site->live_blocks, allocated - freed);
        site_add(&site->live_usable, (allocated - freed) * entry->usable);
        if (place->thread->walk && place->thread->walk == place->process->walk)
                count_after_walk(site, place->process->walk, allocated - freed, (allocated - freed) * entry->size);
        sums->allocations += events.allocations;
        sums->resizes += events.resizes;
        sums->frees += events.frees;
        sums->temporary += events.temporary;
        sums->allocated += allocated;
        sums->freed += freed;
        sums->bytes_allocated += allocated * entry->size;
        sums->bytes_freed += freed * entry->size;
        sums->usable += (allocated - freed) * entry->usable;
}

static void count_sums(struct place *place, const struct sums *sums)
{
        struct process *process = place->process;
        struct thread *thread = place->thread;
        struct bin *bin = series_at(&process->series, &place->model->clock, place->bin);

        process->allocations += sums->allocations;
        process->resizes += sums->resizes;
        process->frees += sums->frees;
        process->temporary += sums->temporary;
        process->requested += sums->bytes_allocated;
        process->freed += sums->bytes_freed;
        site_add(&process->live_blocks, sums->allocated - sums->freed);
        site_add(&process->live_bytes, sums->bytes_allocated - sums->bytes_freed);
        site_add(&process->live_usable, sums->usable);
        thread->allocations += sums->allocations;
        thread->frees += sums->frees;
        thread->requested += sums->bytes_allocated;
        bin->allocations += sums->allocations;
        bin->frees += sums->frees;
        bin->requested += sums->bytes_allocated;
        bin->freed += sums->bytes_freed;
}

static void count_part(struct tally *tally, struct place *place, size_t from, size_t to)
{
        struct sums sums = {0};

        tally->touched_count = 0;
        number_blocks(tally, place, from, to);
        for (size_t i = 0; i < tally->touched_count; i++)
                entry_count(tally, tally->touched[i], place, &sums);
        count_sums(place, &sums);
}

static void take_peak(struct process *process, uint64_t time_ns)
{
        process_peak_next(process);
        process->peak_bytes = process->live_bytes;
        process->peak_blocks = process->live_blocks;
        process->peak_usable = process->live_usable;
        process->peak_ns = time_ns;
}

int64_t place_bin(struct place *place)
{
        if (!place->bin_known) {
                clock_start(&place->model->clock, place->time_ns);
                place->bin = clock_bin(&place->model->clock, place->time_ns);
                place->bin_known = true;
                if (place->time_ns < place->process->first_ns)
                        place->process->first_ns = place->time_ns;
                if (place->time_ns > place->process->last_ns)
                        place->process->last_ns = place->time_ns;
        }
        return place->bin;
}

void tally_count(struct tally *tally, struct place *place, const struct decode *decode, size_t block_count)
{
        struct process *process = place->process;
        const struct clock *clock = &place->model->clock;
        int64_t number, highest;
        struct run run;
        struct bin *bin;

        if (block_count == 0)
                return;
        number = place_bin(place);
        for (; tally->entries < decode->pair_count; tally->entries++)
                entry_define(tally, tally->entries, place, &decode->pair[tally->entries]);
        if (decode->inherited) {
                block_count = leave_out_inherited(tally, process, block_count);
                if (block_count == 0)
                        return;
        }
        run = run_of(tally, block_count);
        rise_change(&place->thread->rise, &process->series, clock, number, run.net, run.max);
        highest = process->live_bytes;
        site_add(&highest, (uint64_t)run.max);
        bin = series_at(&process->series, clock, number);
        if (highest > bin->bytes_max)
                bin->bytes_max = highest;
        if (highest > process->peak_bytes) {
                count_part(tally, place, 0, run.max_at);
                take_peak(process, place->time_ns);
                if (run.max_at < block_count)
                        count_part(tally, place, run.max_at, block_count);
        } else {
                count_part(tally, place, 0, block_count);
        }
        model_site_bins_limit(place->model);
}
