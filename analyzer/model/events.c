/* Frames into counters. ALLOC and FREE, of which there are millions, are counted in batches: see tally.h. */
#include "analyzer/model/model.h"

#include <stdlib.h>

#include "analyzer/model/sampled.h"
#include "analyzer/model/tally.h"
#include "analyzer/xalloc.h"
#include "wire/decode.h"

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

/* What checks and scans have found. */
static void take_found(const struct place *place, const struct wire_event *event)
{
        struct process *process = place->process;

        switch (event->kind) {
        case WIRE_GUARDED:
                guarded_add(&process->guarded, &event->guarded);
                break;
        case WIRE_ERROR:
                errors_add(&process->errors, &event->error, place->thread->number, place->time_ns);
                break;
        case WIRE_LEAK:
                leaks_row(&process->leaks, &event->leak);
                break;
        case WIRE_LEAK_CHAIN:
                leaks_chain(&process->leaks, &event->leak_chain);
                break;
        case WIRE_LEAK_SCAN:
                leaks_scan_end(&process->leaks, &event->leak_scan);
                break;
        case WIRE_SUPPRESSIONS:
                leaks_suppressions(&process->leaks, &event->suppressions);
                break;
        default:
                break;
        }
}

/* The pools and the heap as they are, and the end. */
static void take_state(const struct place *place, const struct wire_event *event)
{
        struct process *process = place->process;

        switch (event->kind) {
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
        case WIRE_EXIT:
                process->exited = true;
                process->exit = event->exit;
                break;
        default:
                take_found(place, event);
                break;
        }
}

static void take_event(struct place *place, const struct decode *decode, const struct wire_event *event)
{
        struct process *process = place->process;

        switch (event->kind) {
        case WIRE_TICK:
                place->time_ns += event->tick_us * 1000;
                place->bin_known = false;
                break;
        case WIRE_PROCESS:
                take_process(place, &event->process);
                break;
        case WIRE_SAMPLING:
                sampled_rate(process, event->sample_rate);
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
                tally_classes(place->model->tally, &place->model->classes, decode);
                break;
        case WIRE_LOST:
                process_lost(process, (struct loss){place->thread->number, place->sequence, event->lost.frames,
                                                    event->lost.events});
                break;
        default:
                take_state(place, event);
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

static enum decode_status take_blocks(struct place *place, struct decode *decode)
{
        size_t count;
        enum decode_status status = decode_blocks(decode, tally_blocks(place->model->tally), &count);

        place->model->events += count;
        if (place->process->sample_rate)
                sampled_count(place, decode, tally_blocks(place->model->tally), count);
        else
                tally_count(place->model->tally, place, decode, count);
        return status;
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
        tally_begin(model->tally);
        while ((status = take_blocks(&place, &decode)) == DECODE_OK &&
               (status = decode_next(&decode, &event)) == DECODE_OK)
                take_event(&place, &decode, &event);
        model->events_unknown_kind += decode.events_skipped;
        return status == DECODE_END;
}

bool model_frame_follows(struct model *model, const uint8_t *frame, size_t byte_count)
{
        struct wire_header header;

        return decode_header(frame, byte_count, &header) == DECODE_OK &&
               process_thread(find_process(model, header.process), header.thread)->sequence.next == header.sequence;
}

bool model_frame(struct model *model, const uint8_t *frame, size_t byte_count, bool salvaged)
{
        bool good = take_frame(model, frame, byte_count, salvaged);

        model->frames_damaged += !good;
        return good;
}
