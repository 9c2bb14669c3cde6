/* Frames into counters: the hot path of the analyzer. No hashing and no search for each event. */
#include "analyzer/model/model.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"
#include "wire/decode.h"

/* A block event that was read and not counted yet. */
struct waiting {
        struct site *site; /* NULL: not looked up yet */
        uint64_t size;
        uint32_t stack;
        bool is_free;
        uint8_t code; /* enum wire_alloc_kind or enum wire_age */
};

enum {
        WAITING_MAX = 32,     /* a power of two */
        WAITING_SITE = 10,    /* events behind the youngest: its site is looked up and fetched */
        WAITING_BIN = 20,     /* and what that points to */
        WAITING_SITES = 4096, /* with fewer sites, the caches hold them all, and nothing waits */
        SITE_LINES = (sizeof(struct site) + 63) / 64,
};

/* Where in the stream we are. With many sites, nearly every event is about one that is in no cache: events wait in a
 * short queue while the memory of their sites is fetched. */
struct place {
        struct model *model;
        struct process *process;
        struct thread *thread;
        uint32_t sequence;
        uint64_t time_ns;
        bool bin_known; /* not yet after the time has changed */
        int64_t bin;
        unsigned waiting_first, waiting_count;
        struct waiting waiting[WAITING_MAX];
};

static int64_t place_bin(struct place *place)
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

static uint64_t site_usable(struct site *site, const struct classes *classes, uint64_t size)
{
        if (site->size_last != size) {
                site->size_last = size;
                site->usable_last = classes_usable(classes, size);
        }
        return site->usable_last;
}

static void peak_check(struct process *process, uint64_t time_ns)
{
        if (process->live_bytes <= process->peak_bytes)
                return;
        process->peak++;
        process->peak_bytes = process->live_bytes;
        process->peak_blocks = process->live_blocks;
        process->peak_usable = process->live_usable;
        process->peak_ns = time_ns;
}

/* One block more (1) or less (-1) lives at the site. */
static void live_change(struct place *place, struct site *site, uint64_t block, uint64_t bytes, uint64_t usable)
{
        struct process *process = place->process;

        site_before_change(site, process->peak);
        site_add(&site->live_blocks, block);
        site_add(&site->live_bytes, bytes);
        site_add(&site->live_usable, usable);
        site_add(&process->live_blocks, block);
        site_add(&process->live_bytes, bytes);
        site_add(&process->live_usable, usable);
        if (place->thread->walk && place->thread->walk == process->walk) {
                site_before_walk(site, process->walk);
                site_add(&site->after_blocks, block);
                site_add(&site->after_bytes, bytes);
        }
}

static void count_alloc_site(struct place *place, struct site *site, enum wire_alloc_kind kind, uint64_t size)
{
        if (kind == WIRE_RESIZED)
                site->resizes++;
        else
                site->allocations++;
        if (site->kind < 0)
                site->kind = kind == WIRE_RESIZED ? WIRE_REALLOC : kind;
        site->requested += size;
        if (size < site->size_min)
                site->size_min = size;
        if (size > site->size_max)
                site->size_max = size;
        if (place->time_ns < site->first_ns)
                site->first_ns = place->time_ns;
        if (place->time_ns > site->last_ns)
                site->last_ns = place->time_ns;
        if (site->live_bytes > site->bytes_max)
                site->bytes_max = site->live_bytes;
}

static void count_alloc(struct place *place, struct site *site, uint64_t size, enum wire_alloc_kind kind)
{
        struct process *process = place->process;
        uint64_t usable = site_usable(site, &place->model->classes, size);
        const struct clock *clock = &place->model->clock;
        int64_t number = place_bin(place);
        struct bin *bin = model_site_bin_at(place->model, site, number);

        rise_change(&place->thread->rise, &process->series, clock, number, size);
        bin->allocations++;
        bin->requested += size;
        live_change(place, site, 1, size, usable);
        site->allocated_usable += usable;
        count_alloc_site(place, site, kind, size);

        process->requested += size;
        place->thread->requested += size;
        bin = series_at(&process->series, clock, number);
        bin->requested += size;
        if (kind == WIRE_RESIZED) {
                process->resizes++;
        } else {
                process->allocations++;
                place->thread->allocations++;
                bin->allocations++;
        }
        if (process->live_bytes > bin->bytes_max)
                bin->bytes_max = process->live_bytes;
        peak_check(process, place->time_ns);
}

static void count_free_age(struct place *place, struct site *site, struct bin *process_bin, enum wire_age age)
{
        struct process *process = place->process;

        if (age == WIRE_AGE_RESIZED)
                return;
        site->frees++;
        site->ages[(unsigned)age < SITE_AGES ? age
                                             : WIRE_AGE_OLDER]++; /* ages in between are not used by this version */
        process->temporary += age == WIRE_AGE_TEMPORARY;
        process->frees++;
        place->thread->frees++;
        process_bin->frees++;
}

static void count_free(struct place *place, struct site *site, uint64_t size, enum wire_age age)
{
        struct process *process = place->process;
        int64_t number = place_bin(place);
        const struct clock *clock = &place->model->clock;

        rise_change(&place->thread->rise, &process->series, clock, number, 0 - size);

        struct bin *bin = model_site_bin_at(place->model, site, number);
        struct bin *process_bin = series_at(&process->series, clock, number);
        uint64_t usable = site_usable(site, &place->model->classes, size);

        bin->frees++;
        bin->freed += size;
        process_bin->freed += size;
        if (process->live_bytes > process_bin->bytes_max)
                process_bin->bytes_max = process->live_bytes; /* what the bin began with */
        live_change(place, site, (uint64_t)-1, 0 - size, 0 - usable);
        site->freed += size;
        process->freed += size;
        count_free_age(place, site, process_bin, age);
}

static void take_process(struct place *place, const struct wire_process *told)
{
        struct model *model = place->model;

        clock_start(&model->clock, told->start_ns);
        for (struct process *old = model->processes; old; old = old->hh.next)
                if (old->told && old->pid == told->pid && old->number < place->process->number)
                        old->gone = true;
        process_told(place->process, told);
}

static void take_thread(struct thread *thread, uint32_t tid, const char *name, size_t name_bytes)
{
        thread->tid = tid;
        free(thread->name);
        thread->name = xmemdup0(name, name_bytes);
}

static void take_cold(struct place *place, const struct wire_event *event)
{
        struct process *process = place->process;

        switch (event->kind) {
        case WIRE_PROCESS:
                take_process(place, &event->process);
                break;
        case WIRE_THREAD:
                take_thread(place->thread, event->thread.tid, event->thread.name, event->thread.name_bytes);
                break;
        case WIRE_THREAD_END:
                place->thread->ended = true;
                break;
        case WIRE_MODULE:
                modules_add(&process->modules, &event->module);
                break;
        case WIRE_MODULE_GONE:
                modules_gone(&process->modules, event->module_gone.generation, event->module_gone.start);
                break;
        case WIRE_STACK:
                stacks_define(&process->stacks, &event->stack);
                break;
        case WIRE_CLASSES:
                classes_set(&place->model->classes, &event->classes);
                break;
        case WIRE_LOST:
                process_lost(process, (struct loss){place->thread->number, place->sequence, event->lost.frames,
                                                    event->lost.events});
                break;
        case WIRE_POOL:
                process_pool(process, &event->pool);
                break;
        case WIRE_USAGE:
                process->used = true;
                process->usage = event->usage;
                break;
        case WIRE_LIMITS:
                purging_limits(&process->purging, &event->limits);
                break;
        case WIRE_PURGED:
                purging_purged(&process->purging, &event->purged);
                break;
        case WIRE_RESIDENT:
                process->measured = true;
                process->resident = event->resident;
                break;
        case WIRE_LIVE:
                process_walk_live(process, &event->live);
                break;
        case WIRE_WALKED:
                process_walk_end(process, place->thread, &event->walked);
                break;
        case WIRE_ERROR:
                errors_add(&process->errors, &event->error, place->thread->number, place->time_ns);
                break;
        case WIRE_GUARDED:
                guarded_add(&process->guarded, &event->guarded);
                break;
        case WIRE_EXIT:
                process->exited = true;
                process->exit = event->exit;
                break;
        default:
                break;
        }
}

static void count_block(struct place *place, struct site *site, const struct waiting *block)
{
        if (block->is_free)
                count_free(place, site, block->size, (enum wire_age)block->code);
        else
                count_alloc(place, site, block->size, (enum wire_alloc_kind)block->code);
}

static void count_oldest(struct place *place)
{
        struct waiting *waiting = &place->waiting[place->waiting_first++ % WAITING_MAX];

        place->waiting_count--;
        count_block(place, waiting->site ? waiting->site : sites_at(&place->process->sites, waiting->stack), waiting);
}

static void count_waiting(struct place *place)
{
        while (place->waiting_count)
                count_oldest(place);
}

/* Lets a block event wait behind the others, which all move on by one. */
static void block_wait(struct place *place, const struct waiting *block)
{
        unsigned youngest = place->waiting_first + place->waiting_count;
        struct waiting *at;

        place->waiting[youngest % WAITING_MAX] = *block;
        place->waiting_count++;
        sites_fetch(&place->process->sites, block->stack);
        if (place->waiting_count > WAITING_SITE) {
                at = &place->waiting[(youngest - WAITING_SITE) % WAITING_MAX];
                at->site = sites_at(&place->process->sites, at->stack);
                for (unsigned i = 0; i < SITE_LINES; i++)
                        __builtin_prefetch((const char *)at->site + 64 * i, 1);
        }
        if (place->waiting_count > WAITING_BIN) {
                at = &place->waiting[(youngest - WAITING_BIN) % WAITING_MAX];
                __builtin_prefetch(at->site->series.current, 1);
        }
        if (place->waiting_count == WAITING_MAX)
                count_oldest(place);
}

static void take_block(struct place *place, const struct wire_event *event)
{
        struct waiting block = {
                .size = event->block.size,
                .stack = event->block.stack,
                .is_free = event->kind == WIRE_FREE,
                .code = (uint8_t)(event->kind == WIRE_FREE ? (unsigned)event->block.age : (unsigned)event->block.kind)};

        place->model->events++;
        if (block.is_free && block.code == WIRE_AGE_INHERITED) {
                place->process->inherited_frees++;
                place_bin(place);
        } else if (place->process->sites.count < WAITING_SITES) {
                count_block(place, sites_at(&place->process->sites, block.stack), &block);
        } else {
                block_wait(place, &block);
        }
}

static void take_event(struct place *place, const struct wire_event *event)
{
        switch (event->kind) {
        case WIRE_ALLOC:
        case WIRE_FREE:
                take_block(place, event);
                break;
        case WIRE_TICK:
                count_waiting(place);
                place->time_ns += event->tick_us * 1000;
                place->bin_known = false;
                break;
        default:
                count_waiting(place);
                take_cold(place, event);
                break;
        }
}

static struct process *find_process(struct model *model, uint32_t number)
{
        struct process *process = model->latest;

        if (process && process->number == number)
                return process;
        process = model_process(model, number);
        if (!process) {
                process = process_create(number);
                HASH_ADD(hh, model->processes, number, sizeof number, process);
        }
        return model->latest = process;
}

static bool take_frame(struct model *model, const uint8_t *frame, size_t byte_count, bool salvaged)
{
        struct wire_header header;
        struct decode decode;
        struct wire_event event;
        enum decode_status status;

        if (decode_header(frame, byte_count, &header) != DECODE_OK || header.bytes > byte_count)
                return false;

        struct place place = {.model = model, .sequence = header.sequence, .time_ns = header.time_ns};

        place.process = find_process(model, header.process);
        place.thread = process_thread(place.process, header.thread);
        if (!sequence_take(&place.thread->sequence, header.sequence)) {
                model->frames_repeated++;
                return true;
        }
        model->frames++;
        model->frames_salvaged += salvaged;
        model->bytes += header.bytes;
        decode_frame(&decode, frame, header.bytes);
        while ((status = decode_next(&decode, &event)) == DECODE_OK)
                take_event(&place, &event);
        count_waiting(&place);
        model->events_unknown_kind += decode.events_skipped;
        return status == DECODE_END;
}

bool model_frame(struct model *model, const uint8_t *frame, size_t byte_count, bool salvaged)
{
        bool good = take_frame(model, frame, byte_count, salvaged);

        model->frames_damaged += !good;
        return good;
}
