/* The tables that have a row for each process, thread, pool or loss. */
#include "analyzer/store/tables.h"

#include <stdio.h>

uint64_t tables_end_ns(const struct model *model, const struct process *process)
{
        uint64_t end_ns = process->last_ns;

        if (process->exited && process->exit.time_ns > end_ns)
                end_ns = process->exit.time_ns;
        if (end_ns < process->start_ns)
                end_ns = process->start_ns;
        return model_since_start(model, end_ns);
}

uint64_t tables_lost_events(const struct process *process)
{
        uint64_t events = 0;

        for (size_t i = 0; i < process->loss_count; i++)
                events += process->loss[i].events;
        return events;
}

/* A frame that the guest had to drop takes no number, so what is missing in the sequence was lost besides. */
uint64_t tables_lost_frames(const struct process *process)
{
        uint64_t frames = process_missing_frames(process);

        for (size_t i = 0; i < process->loss_count; i++)
                frames += process->loss[i].frames;
        return frames;
}

static void who(struct writer *writer, const struct model *model, const struct process *process)
{
        bool is_main = process == model_main(model);

        writer_integer(writer, process->number);
        writer_integer(writer, process->pid);
        writer_integer(writer, process->parent_pid);
        if (process->parent)
                writer_integer(writer, process->parent);
        else
                writer_null(writer);
        writer_text(writer, is_main ? "main" : process->parent ? "fork" : "exec");
        writer_text(writer, process->exe);
        writer_text(writer, process->command);
        writer_integer(writer, process->flags);
}

static const char *end_kind(const struct process *process)
{
        if (process->exited)
                return process->exit.how == WIRE_EXIT_QUICK   ? "_exit"
                       : process->exit.how == WIRE_EXIT_ERROR ? "error"
                                                              : "exit";
        return process->running ? "running" : "killed";
}

static void life(struct writer *writer, const struct model *model, const struct process *process)
{
        uint64_t start_ns = process->told ? process->start_ns : process->first_ns;

        writer_integer(writer, model_since_start(model, start_ns == UINT64_MAX ? 0 : start_ns));
        writer_integer(writer, tables_end_ns(model, process));
        writer_text(writer, end_kind(process));
        writer_integer(writer, process->memory_limit);
        writer_integer(writer, HASH_COUNT(process->threads));
        if (process->walked)
                writer_integer(writer, process->walk_totals.threads);
        else
                writer_null(writer);
}

/* Samples come ten times a second, and the last is older than the end. */
static uint64_t rss_peak(const struct process *process)
{
        return process->measured && process->resident.rss > process->rss_max ? process->resident.rss : process->rss_max;
}

static void totals(struct writer *writer, const struct model *model, const struct process *process)
{
        const uint64_t values[] = {
                process->allocations,
                process->frees,
                process->resizes,
                process->temporary,
                process->inherited_frees,
                process->requested,
                process->freed,
                (uint64_t)process->live_blocks,
                (uint64_t)process->live_bytes,
                (uint64_t)process->peak_blocks,
                (uint64_t)process->peak_bytes,
                (uint64_t)process->peak_usable,
                model_since_start(model, process->peak_ns),
                process->peak_bound,
                rss_peak(process),
        };

        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
                writer_integer(writer, values[i]);
}

void tables_told(struct writer *writer, bool told, const uint64_t *value, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (told)
                        writer_integer(writer, value[i]);
                else
                        writer_null(writer);
        }
}

#define TOLD(writer, told, ...)                                                                                        \
        tables_told((writer), (told), (const uint64_t[]){__VA_ARGS__},                                                 \
                    sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static const char *walk_kind(const struct process *process)
{
        if (!process->walked)
                return "none";
        if (!process->walk_stacks_differ)
                return "agrees";
        return process->walk_totals.threads > 1 ? "moving" : "differs";
}

static void last_words(struct writer *writer, const struct process *process)
{
        const struct wire_walked *walk = &process->walk_totals;
        const struct wire_exit_event *exit = &process->exit;
        const struct wire_usage *usage = &process->usage;

        TOLD(writer, process->cpu_known, process->cpu_user_us, process->cpu_system_us);
        writer_text(writer, walk_kind(process));
        TOLD(writer, process->walked, walk->blocks, walk->bytes, walk->inherited_blocks, walk->inherited_bytes,
             walk->untraced_blocks, process->walk_stacks_differ);
        TOLD(writer, process->exited && !process->sample_rate, exit->allocations, exit->frees, exit->resizes);
        TOLD(writer, process->used, usage->mapped_bytes, usage->free_bytes, usage->purged_bytes, usage->metadata_bytes,
             usage->side_bytes, usage->recorder_bytes, usage->frees_foreign, usage->frees_interior, usage->frees_double,
             usage->stacks, usage->stacks_truncated, usage->stacks_broken, usage->stacks_checked, usage->stacks_differ);
        TOLD(writer, process->walked, walk->empty.sparse_slabs, walk->empty.pinned_bytes, walk->empty.filling_bytes,
             walk->empty.dense_bytes, walk->empty.unpinned_bytes);
        TOLD(writer, process->used, usage->resizes_in_place, usage->resizes_moved);
}

static void write_sample(struct writer *writer, const struct process *process)
{
        const struct wire_exit_event *exit = &process->exit;

        if (!process->sample_rate)
                return;
        TOLD(writer, true, process->number, process->sample_rate, process->taken_allocations, process->taken_frees,
             process->taken_resizes);
        TOLD(writer, process->exited, exit->allocations, exit->frees, exit->resizes);
        writer_row(writer);
}

static void write_threads(struct writer *writer, const struct process *process)
{
        for (const struct thread *thread = process->threads; thread; thread = thread->hh.next) {
                writer_integer(writer, process->number);
                writer_integer(writer, thread->number);
                writer_integer(writer, thread->tid);
                writer_text(writer, thread->name);
                writer_integer(writer, thread->allocations);
                writer_integer(writer, thread->frees);
                writer_integer(writer, thread->requested);
                writer_integer(writer, thread->ended);
                writer_row(writer);
        }
}

/* Small classes come first; behind them stand the large runs, then the huge blocks. */
static const char *pool_kind(const struct process *process, const struct wire_pool *pool)
{
        if (pool->block_bytes)
                return "small";
        for (size_t i = 0; i < process->pool_count; i++)
                if (!process->pool[i].block_bytes && process->pool[i].size_class < pool->size_class)
                        return "huge";
        return "large";
}

enum { OCCUPIED_BYTES = WIRE_DECILES * 21 + 1 };

/* The slabs by tenths of occupancy, with blanks between. */
static const char *occupied(const struct wire_pool *pool, char text[OCCUPIED_BYTES])
{
        int length = 0;

        for (size_t i = 0; i < WIRE_DECILES; i++)
                length += snprintf(text + length, OCCUPIED_BYTES - (size_t)length, "%s%llu", i ? " " : "",
                                   (unsigned long long)pool->slabs_occupied[i]);
        return text;
}

static void write_pools(struct writer *writer, const struct process *process)
{
        for (size_t i = 0; i < process->pool_count; i++) {
                const struct wire_pool *pool = &process->pool[i];
                char text[OCCUPIED_BYTES]; /* until writer_row */

                writer_integer(writer, process->number);
                writer_integer(writer, pool->size_class);
                writer_integer(writer, pool->block_bytes);
                writer_text(writer, pool_kind(process, pool));
                TOLD(writer, true, pool->slabs, pool->slab_bytes, pool->blocks_carved, pool->blocks_used,
                     pool->bytes_used, pool->allocations, pool->refills, pool->frees_remote, pool->slabs_created,
                     pool->slabs_destroyed, pool->requested, pool->untouched, pool->rounding, pool->free,
                     pool->pending);
                writer_text(writer, occupied(pool, text));
                writer_row(writer);
        }
}

static void write_resident(struct writer *writer, const struct process *process)
{
        const struct wire_resident *resident = &process->resident;

        if (!process->measured)
                return;
        TOLD(writer, true, process->number, resident->rss, resident->retained, resident->purged, resident->metadata,
             resident->side, resident->recorder, resident->shared, resident->library, resident->files, resident->stack,
             resident->anonymous);
        writer_row(writer);
}

static void write_loss(struct writer *writer, const struct process *process)
{
        for (size_t i = 0; i < process->loss_count; i++) {
                const struct loss *loss = &process->loss[i];

                TOLD(writer, true, process->number, loss->thread, loss->sequence, loss->frames, loss->events);
                writer_text(writer, "dropped");
                writer_row(writer);
        }
        for (const struct thread *thread = process->threads; thread; thread = thread->hh.next) {
                for (size_t i = 0; i < thread->sequence.gap_count; i++) {
                        const struct gap *gap = &thread->sequence.gap[i];

                        TOLD(writer, true, process->number, thread->number, gap->first, gap->count);
                        writer_null(writer);
                        writer_text(writer, "missing");
                        writer_row(writer);
                }
        }
}

/* Which processes they were of is not known: of the main one, as a rule. */
static void write_unshared(struct writer *writer, const struct model *model)
{
        writer_integer(writer, model_main(model)->number);
        writer_null(writer);
        writer_null(writer);
        writer_integer(writer, model->frames_unshared);
        writer_null(writer);
        writer_text(writer, "beyond 2048 threads");
        writer_row(writer);
}

void tables_processes(struct writer *writer, const struct model *model)
{
        writer_table(writer, "process");
        for (const struct process *process = model->processes; process; process = process->hh.next) {
                who(writer, model, process);
                life(writer, model, process);
                totals(writer, model, process);
                last_words(writer, process);
                writer_row(writer);
        }
        writer_table(writer, "process_sample");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_sample(writer, process);
        writer_table(writer, "thread");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_threads(writer, process);
        writer_table(writer, "pool");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_pools(writer, process);
        writer_table(writer, "resident");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_resident(writer, process);
        writer_table(writer, "event_loss");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_loss(writer, process);
        if (model->frames_unshared)
                write_unshared(writer, model);
}

static void write_series(struct writer *writer, const struct model *model, const struct process *process)
{
        uint64_t blocks = 0, bytes = 0;

        for (size_t i = 0; i < process->series.count; i++) {
                const struct bin *bin = &process->series.bin[i];

                blocks += bin->allocations - bin->frees;
                bytes += bin->requested - bin->freed;
                TOLD(writer, true, process->number, model_bin(model, bin), bin->allocations, bin->frees, blocks, bytes,
                     (int64_t)bytes > bin->bytes_max ? bytes : (uint64_t)bin->bytes_max);
                TOLD(writer, bin->rss_bytes, bin->rss_bytes);
                writer_row(writer);
        }
}

void tables_process_series(struct writer *writer, const struct model *model)
{
        writer_table(writer, "process_series");
        for (const struct process *process = model->processes; process; process = process->hh.next)
                write_series(writer, model, process);
}
