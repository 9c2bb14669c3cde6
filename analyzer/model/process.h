/* One traced process and its threads, as far as the stream has told. */
#ifndef MODEL_PROCESS_H
#define MODEL_PROCESS_H

#include <uthash.h>

#include "analyzer/model/errors.h"
#include "analyzer/model/leaks.h"
#include "analyzer/model/modules.h"
#include "analyzer/model/peak.h"
#include "analyzer/model/purging.h"
#include "analyzer/model/sequence.h"
#include "analyzer/model/site.h"
#include "analyzer/model/stacks.h"

struct thread {
        uint32_t number, tid;
        char *name; /* NULL: not told */
        bool ended;
        struct sequence sequence;
        uint64_t allocations, frees, requested;
        struct rise rise;
        uint32_t walk; /* the walk this thread has ended last */
        UT_hash_handle hh;
};

/* What the guest says it had to drop. */
struct loss {
        uint32_t thread, sequence; /* of the frame that says so */
        uint64_t frames, events;
};

struct process {
        uint32_t number;
        bool told;    /* the PROCESS event has come; exe and command are not NULL then */
        bool gone;    /* its pid is no longer there, or now another image (exec) */
        bool running; /* at the end of reading; set by the reader */
        uint32_t pid, parent_pid, parent;
        uint64_t start_ns, memory_limit, flags;
        uint64_t sample_rate;                                   /* it records a sample, see sampled.h; 0: every block */
        uint64_t taken_allocations, taken_frees, taken_resizes; /* by a sample, as the events have it */
        struct site_sample *samples;
        char *exe, *command;

        struct thread *threads;
        struct modules modules;
        struct stacks stacks;
        struct sites sites;
        struct error *errors;
        struct guarded *guarded; /* by slot, or NULL */
        struct leaks leaks;
        struct series series;

        uint64_t allocations, frees, resizes, temporary, inherited_frees;
        uint64_t requested, freed;
        int64_t live_blocks, live_bytes, live_usable;
        int64_t peak_blocks, peak_bytes, peak_usable;
        uint32_t peak; /* peaks counted, see site_before_change */
        uint64_t peak_ns;
        uint64_t peak_bound;
        bool peak_by_bins;
        uint64_t first_ns, last_ns; /* of its events */
        uint64_t rss_max;           /* the most that was resident, as far as is known; 0: not known */
        bool cpu_known;
        uint64_t cpu_user_us, cpu_system_us;

        uint32_t walk; /* number of the latest walk that began */
        bool walk_open, walked;
        uint64_t walk_stacks_differ;
        struct wire_walked walk_totals;

        bool exited, used;
        struct wire_exit_event exit;
        struct wire_usage usage;
        bool measured;
        struct wire_resident resident;
        struct wire_pool *pool;
        size_t pool_count, pool_room;
        struct purging purging;
        struct loss *loss;
        size_t loss_count, loss_room;
        UT_hash_handle hh;
};

struct process *process_create(uint32_t number);
void process_free(struct process *process);
struct thread *process_thread(struct process *process, uint32_t number); /* made if there is none */

void process_told(struct process *process, const struct wire_process *told);
void process_pool(struct process *process, const struct wire_pool *pool); /* a later one of a class replaces */
void process_lost(struct process *process, struct loss loss);

static inline void process_peak_next(struct process *process)
{
        if (++process->peak == SITE_UNMADE)
                process->peak = 0;
}

/* The walk: LIVE events, then WALKED. A later walk replaces an earlier one. */
void process_walk_live(struct process *process, const struct wire_live *live);
void process_walk_end(struct process *process, struct thread *walker, const struct wire_walked *walked);

/* After the last event: completes the snapshot of the peak, and compares the walk with the events. */
void process_finish(struct process *process, const struct clock *clock, const struct clock *site_clock);
uint64_t process_missing_frames(const struct process *process); /* gaps in its threads' sequences */

#endif
