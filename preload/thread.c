/* The list of threads: an entry is claimed by compare-and-swap, and used again when its thread has ended. */
#define _GNU_SOURCE
#include "preload/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

THREAD_LOCAL struct heap *heap_current = &heap_none;
THREAD_LOCAL struct thread *thread_current;

bool thread_sided, thread_recorded;

static uint32_t canary_first = 1;
volatile uint32_t *thread_canary = &canary_first;
pid_t thread_pid;

static _Atomic(struct thread *) threads;
static pthread_key_t end_key;
static bool end_key_made;

/* What a thread has after its destructors: everything is borrowed for one call. */
static struct thread thread_ended = {.busy = &thread_ended};

enum {
        LEFT_MAX = 64, /* threads, since what they have is lost */
};
static _Atomic unsigned left;

enum { DESTRUCTOR_RUNS = 3 }; /* then others' destructors have run too; the limit of POSIX is 4 */

static struct thread *thread_claim(enum thread_state state)
{
        for (struct thread *thread = atomic_load(&threads); thread; thread = thread->next) {
                uint32_t none = THREAD_FREE;

                if (atomic_load_explicit(&thread->state, memory_order_relaxed) == THREAD_FREE &&
                    atomic_compare_exchange_strong(&thread->state, &none, state))
                        return thread;
        }

        struct thread *thread = mmap(NULL, sizeof *thread, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (thread == MAP_FAILED)
                return NULL;
        mappings_add(&thread->mapping, thread, sizeof *thread);
        atomic_store(&thread->state, state);
        thread->next = atomic_load(&threads);
        while (!atomic_compare_exchange_weak(&threads, &thread->next, thread))
                ;
        return thread;
}

static void thread_give_back(struct thread *thread)
{
        atomic_store_explicit(&thread->state, THREAD_FREE, memory_order_release);
}

/* A claimed thread gets what it needs. False: no memory. */
static bool thread_equip(struct thread *thread, const void *frame)
{
        thread->busy = frame;
        thread->moving = 0;
        thread->destructor_runs = 0;
        if (!thread->heap)
                thread->heap = heap_create(thread_sided);
        if (thread->heap && thread_recorded && !thread->recording)
                thread->recording = recorder_begin(&thread->recorder);
        return thread->heap && (thread->recording || !thread_recorded);
}

/* Whether the call that makes the thread busy has been jumped out of: its frame lies in what the two innermost of the
 * running ones have, up to `frame`. */
static bool thread_is_left(const struct thread *thread, const void *frame)
{
        uintptr_t inner = (uintptr_t)__builtin_frame_address(0);

        return (uintptr_t)thread->busy - inner <= (uintptr_t)frame - inner && thread != &thread_ended;
}

/* The calling thread gets a new state instead of the one that was cut in the middle of something. A heap that was not
 * is for others to adopt; what the recorder has not sent stays where the analyzer finds it in the end. */
static COLD void thread_part(struct thread *thread)
{
        struct heap *heap = thread->heap;

        if (atomic_fetch_add_explicit(&left, 1, memory_order_relaxed) >= LEFT_MAX)
                return;
        heap_current = &heap_none;
        thread_current = NULL;
        if (heap && !atomic_load_explicit(&heap->busy, memory_order_relaxed)) {
                thread->heap = NULL;
                heap_retire(heap);
        }
        atomic_store(&thread->state, THREAD_LEFT);
}

NOINLINE struct thread *thread_enter_slow(const void *frame)
{
        uint32_t ignoring = 0;

        if (UNLIKELY(thread_current && thread_is_left(thread_current, frame))) {
                ignoring = thread_current->ignoring;
                thread_part(thread_current);
        }

        bool borrowed = thread_current != NULL;
        struct thread *thread = thread_claim(borrowed ? THREAD_SPARE : THREAD_USED);

        if (!thread)
                return NULL;
        if (!borrowed && thread->recording) { /* it was a spare one */
                recorder_end(&thread->recorder);
                thread->recording = false;
        }
        if (!thread_equip(thread, frame)) {
                thread_give_back(thread);
                return NULL;
        }
        if (thread->recording) {
                memo_nested(thread->recorder.memo, borrowed);
                thread->recorder.silent =
                        borrowed && thread_current->recording && memo_is_in_libunwind(thread_current->recorder.memo);
        }
        if (borrowed)
                return thread;
        thread->ignoring = ignoring;
        thread_current = thread;
        heap_current = &heap_none;
        /* The key is one of the first 32, whose values need no memory. */
        if (end_key_made)
                pthread_setspecific(end_key, thread);
        return thread;
}

void thread_leave_slow(struct thread *thread)
{
        thread->busy = NULL;
        thread_give_back(thread);
}

static void thread_end(void *value)
{
        struct thread *thread = value;
        struct heap *heap = thread->heap;

        if (++thread->destructor_runs < DESTRUCTOR_RUNS) {
                pthread_setspecific(end_key, thread);
                return;
        }
        thread->busy = thread;
        heap_current = &heap_none;
        thread_current = &thread_ended;
        if (thread->recording)
                recorder_end(&thread->recorder);
        thread->recording = false;
        thread->heap = NULL;
        heap_retire(heap);
        thread_give_back(thread);
}

bool threads_open(void)
{
        end_key_made = pthread_key_create(&end_key, thread_end) == 0;
        if (end_key_made && thread_current)
                pthread_setspecific(end_key, thread_current);
        return end_key_made;
}

static void threads_orphan_others(void)
{
        struct thread *survivor = thread_current == &thread_ended ? NULL : thread_current;

        for (struct thread *thread = atomic_load(&threads); thread; thread = thread->next) {
                recorder_after_fork(&thread->recorder);
                if (thread == survivor) {
                        thread->recording = thread_recorded && recorder_begin(&thread->recorder);
                        continue;
                }
                thread->recording = false;
                if (atomic_load(&thread->state) == THREAD_FREE)
                        continue;
                /* Its thread does not exist here. What it was doing when the fork came is lost with it. */
                thread->heap = NULL;
                thread_give_back(thread);
        }
        heaps_after_fork(survivor ? survivor->heap : NULL);
}

void threads_notice_fork(void)
{
        pid_t pid = (pid_t)syscall(SYS_getpid);

        *thread_canary = 1;
        if (pid == thread_pid)
                return;
        thread_pid = pid;
        recorders_after_fork();
        samplings_seed(platform_ticks() + (uint64_t)pid);
        threads_orphan_others();
        /* The analyzer learns of this process even if it allocates nothing and closes all descriptors. */
        if (thread_current && thread_current->recording)
                recorder_introduce(&thread_current->recorder);
}

static void thread_equip_again(struct thread *thread)
{
        heap_current = &heap_none;
        if (thread_equip(thread, thread)) {
                thread->busy = NULL;
                return;
        }
        thread_current = NULL;
        thread_give_back(thread);
}

void threads_sidelong(void)
{
        struct thread *thread = thread_current;

        thread_sided = thread_recorded = true;
        if (!thread || thread == &thread_ended)
                return;
        /* What this thread has allocated before stays where it is; its heap is for others to adopt. */
        heap_retire(thread->heap);
        thread->heap = NULL;
        thread_equip_again(thread);
}

void threads_sample(void)
{
        struct thread *thread = thread_current;

        thread_recorded = true;
        if (!thread || thread == &thread_ended)
                return;
        heap_sample(thread->heap);
        thread_equip_again(thread);
}

bool threads_watch_fork(void)
{
        void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        thread_pid = (pid_t)syscall(SYS_getpid);
        if (page == MAP_FAILED || madvise(page, 4096, MADV_WIPEONFORK) != 0)
                return false;
        thread_canary = page;
        *thread_canary = 1;
        return true;
}

void threads_moving_each(void (*visit)(void *context, uintptr_t start, uintptr_t end), void *context)
{
        for (struct thread *thread = atomic_load(&threads); thread; thread = thread->next) {
                uintptr_t start = atomic_load_explicit(&thread->moving, memory_order_relaxed);
                struct block block;

                if (start && segment_holds(start) && heap_find((const void *)start, &block) == BLOCK_FOUND)
                        visit(context, start, start + block.usable);
        }
}

static void counts_add(struct memo_counts *sum, const struct memo_counts *counts)
{
        sum->truncated += counts->truncated;
        sum->broken += counts->broken;
        sum->checked += counts->checked;
        sum->differ += counts->differ;
}

void threads_sum(struct recorder_close *sum)
{
        for (struct thread *thread = atomic_load(&threads); thread; thread = thread->next) {
                const struct recorder *recorder = &thread->recorder;

                sum->allocations += recorder->allocations;
                sum->frees += recorder->frees;
                sum->resizes += recorder->resizes;
                sum->requested_bytes += recorder->requested_bytes;
                sum->threads += atomic_load(&thread->state) == THREAD_USED;
                sum->usage.recorder_bytes += sizeof *thread + (recorder->slot.frame ? WIRE_FRAME_BYTES_MAX : 0);
                if (recorder->memo) {
                        counts_add(&sum->counts, memo_counts(recorder->memo));
                        sum->usage.recorder_bytes += memo_bytes(recorder->memo);
                }
        }
}
