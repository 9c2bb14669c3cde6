/* What changes a process besides the flood of ALLOC and FREE. */
#include "analyzer/model/process.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/model/sampled.h"
#include "analyzer/xalloc.h"

struct process *process_create(uint32_t number)
{
        struct process *process = xcalloc(1, sizeof *process);

        process->number = number;
        process->first_ns = UINT64_MAX;
        return process;
}

static void thread_free(struct thread *thread)
{
        sequence_free(&thread->sequence);
        free(thread->name);
        free(thread);
}

void process_free(struct process *process)
{
        struct thread *thread, *next;

        HASH_ITER(hh, process->threads, thread, next) {
                HASH_DEL(process->threads, thread);
                thread_free(thread);
        }
        modules_free(&process->modules);
        stacks_free(&process->stacks);
        sites_free(&process->sites);
        sampled_free(process);
        errors_free(&process->errors);
        free(process->guarded);
        leaks_free(&process->leaks);
        series_free(&process->series);
        free(process->pool);
        purging_free(&process->purging);
        free(process->loss);
        free(process->exe);
        free(process->command);
        free(process);
}

struct thread *process_thread(struct process *process, uint32_t number)
{
        struct thread *thread;

        HASH_FIND(hh, process->threads, &number, sizeof number, thread);
        if (thread)
                return thread;
        thread = xcalloc(1, sizeof *thread);
        thread->number = number;
        HASH_ADD(hh, process->threads, number, sizeof number, thread);
        return thread;
}

/* The arguments come each ended by NUL. */
static char *join_arguments(const char *bytes, size_t count)
{
        while (count && bytes[count - 1] == '\0')
                count--;
        char *command = xmemdup0(bytes, count);

        for (size_t i = 0; i < count; i++)
                if (command[i] == '\0')
                        command[i] = ' ';
        return command;
}

void process_told(struct process *process, const struct wire_process *told)
{
        if (process->told)
                return;
        process->told = true;
        process->pid = told->pid;
        process->parent_pid = told->parent_pid;
        process->parent = told->parent_process;
        process->start_ns = told->start_ns;
        process->memory_limit = told->memory_limit;
        process->flags = told->flags;
        process->exe = xmemdup0(told->exe, told->exe_bytes);
        process->command = join_arguments(told->command, told->command_bytes);
}

void process_pool(struct process *process, const struct wire_pool *pool)
{
        for (size_t i = 0; i < process->pool_count; i++) {
                if (process->pool[i].size_class == pool->size_class) {
                        process->pool[i] = *pool;
                        return;
                }
        }
        process->pool = xgrow(process->pool, process->pool_count, &process->pool_room, sizeof *pool);
        process->pool[process->pool_count++] = *pool;
}

void process_lost(struct process *process, struct loss loss)
{
        process->loss = xgrow(process->loss, process->loss_count, &process->loss_room, sizeof loss);
        process->loss[process->loss_count++] = loss;
}

void process_walk_live(struct process *process, const struct wire_live *live)
{
        struct wire_live weighed = *live;
        struct site_walk *walk;

        sampled_walk_live(process, &weighed);
        if (!process->walk_open) {
                process->walk_open = true;
                process->walk++;
        }
        walk = site_walk(sites_at(&process->sites, live->stack), process->walk);
        walk->blocks += weighed.blocks;
        walk->bytes += weighed.bytes;
        walk->usable += weighed.usable_bytes;
        walk->pinned_bytes += live->pinned_bytes;
        walk->pinning_blocks += live->pinning_blocks;
        walk->pinned_slabs += live->pinned_slabs;
}

void process_walk_end(struct process *process, struct thread *walker, const struct wire_walked *walked)
{
        if (!process->walk_open)
                process->walk++; /* nothing was live */
        process->walk_open = false;
        process->walked = true;
        process->walk_totals = *walked;
        walker->walk = process->walk;
}

static bool site_differs(const struct site *site)
{
        static const struct site_walk none;
        const struct site_walk *walk = site->walk ? site->walk : &none;

        return (uint64_t)site->live_blocks - (uint64_t)walk->after_blocks != walk->blocks ||
               (uint64_t)site->live_bytes - (uint64_t)walk->after_bytes != walk->bytes;
}

/* What the pools gave is computed from sizes; the walk knows better where a block is aligned, or has shrunk in place.
 */
static void take_usable(const struct process *process, struct site *site)
{
        const struct site_walk *walk = site->walk ? site_walk(site, process->walk) : NULL;

        if (process->walked && walk && walk->blocks && !walk->after_blocks && !site_differs(site))
                site->live_usable = (int64_t)walk->usable;
}

void process_finish(struct process *process, const struct clock *clock, const struct clock *site_clock)
{
        process->walk_stacks_differ = 0;
        for (size_t i = 0; i < process->sites.count; i++) {
                struct site *site = process->sites.site[i];

                sampled_before_change(process, site);
                site_before_change(site, process->peak);
                site_finish(site, site_clock);
                take_usable(process, site);
                process->walk_stacks_differ += process->walked && site_differs(site);
        }
        series_catch_up(&process->series, clock);
        peak_finish(process, clock, site_clock);
}

uint64_t process_missing_frames(const struct process *process)
{
        uint64_t missing = 0;

        for (const struct thread *thread = process->threads; thread; thread = thread->hh.next)
                missing += sequence_missing(&thread->sequence);
        return missing;
}
