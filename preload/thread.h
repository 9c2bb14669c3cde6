/* What a thread of the program has of ours: a heap and a recorder, and the rule that one caller uses them at a time.
 *
 * The fast path looks at `heap_current` alone. Everything else is between thread_enter and thread_leave. A signal
 * handler that allocates while its thread is between the two finds it busy and borrows a spare thread for the one call;
 * so does a thread whose destructors have run. Nothing waits for anything.
 *
 * A handler may also jump out (siglongjmp) of what it has interrupted. Then the thread would stay busy, but for this:
 * what makes it busy is the frame of the function that has entered, and when another call has its own frame there, that
 * one is gone, since no two that run have the same memory. So the first call that comes to the same place of the stack
 * leaves the old state alone, as it was cut, and gives the thread a new one. */
#ifndef PRELOAD_THREAD_H
#define PRELOAD_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload/alloc/heap.h"
#include "preload/platform.h"
#include "preload/record/mappings.h"
#include "preload/record/recorder.h"

enum thread_state {
        THREAD_FREE,
        THREAD_USED,  /* belongs to a running thread */
        THREAD_SPARE, /* lent for one call */
        THREAD_LEFT,  /* of a call that was jumped out of */
};

struct thread {
        struct heap *heap;
        const void *busy; /* the frame of the function that is between enter and leave; NULL: none */
        _Atomic uint32_t state;
        bool recording; /* `recorder` was begun */
        bool erred;     /* an error was found since enter */
        uint8_t destructor_runs;
        uint32_t ignoring;        /* depth of __lsan_disable: scans for leaks are to ignore what it allocates */
        uint64_t allocated;       /* of a sampled heap: heap_allocated when the last block was recorded */
        _Atomic uintptr_t moving; /* the block that a realloc is at: its record may say that it is free */
        struct thread *next;      /* all threads that ever were; never shortened */
        struct mapping mapping;
        struct recorder recorder;
};

/* Sixteen bytes of thread-local storage are all we take: the loader carves them out of every thread's stack. */
extern THREAD_LOCAL struct heap *heap_current;
extern THREAD_LOCAL struct thread *thread_current;

/* Set in the constructor. */
extern bool thread_sided;    /* heaps of new threads keep side records: every block is recorded */
extern bool thread_recorded; /* blocks are recorded, all or a sample: new threads get a recorder */

bool threads_open(void); /* in the constructor; false: threads that end will not be noticed */

/* `frame` is that of the function that enters. Never NULL but when there is no memory. */
struct thread *thread_enter_slow(const void *frame);
void thread_leave_slow(struct thread *thread);

/* Turns tracing on for the calling thread and all that come; in the constructor. */
void threads_sidelong(void);
void threads_sample(void); /* or sampling, once that is open */

/* The kernel sets *thread_canary to 0 in a forked child, however it was forked. */
extern volatile uint32_t *thread_canary;
extern pid_t thread_pid;        /* of the process that the recording belongs to; a vfork child has another */
bool threads_watch_fork(void);  /* in the constructor; false: only fork itself is noticed */
void threads_notice_fork(void); /* in a forked child; does nothing in any other process */

/* The contents of the blocks that realloc is at in this moment; those of huge ones are not among them. */
void threads_moving_each(void (*visit)(void *context, uintptr_t start, uintptr_t end), void *context);

/* Adds up what all recorders counted, and how many threads have not ended. */
void threads_sum(struct recorder_close *sum);

/* Inlined always, for the frame to be the caller's, which must leave before it returns. */
static inline __attribute__((always_inline)) struct thread *thread_enter(void)
{
        const void *frame = __builtin_frame_address(0);
        struct thread *thread;

        if (UNLIKELY(*thread_canary == 0))
                threads_notice_fork();
        thread = thread_current;
        if (UNLIKELY(!thread || thread->busy))
                return thread_enter_slow(frame);
        thread->busy = frame;
        atomic_signal_fence(memory_order_seq_cst);
        /* A handler that comes now must not meet the heap half changed. */
        heap_current = &heap_none;
        return thread;
}

static inline void thread_leave(struct thread *thread)
{
        if (UNLIKELY(thread != thread_current)) {
                thread_leave_slow(thread);
                return;
        }
        if (!thread_sided)
                heap_current = thread->heap;
        atomic_signal_fence(memory_order_seq_cst);
        thread->busy = NULL;
}

#endif
