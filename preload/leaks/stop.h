/* Stopping the other threads of the process for as long as a fork takes, with what is in their registers.
 *
 * Each thread in /proc/self/task gets a signal of its own (the way of Boehm's collector; see signal.h); its handler
 * notes where the registers lie and waits on a futex. A second look finds the threads that came into being meanwhile,
 * until there is no new one. Only a thread that would take the signal gets it, or finds it in sigwait: one that blocks
 * it would find it later. Such a thread is looked at again, since most block signals for a moment, to create a thread,
 * say. One that still does, and one that has not answered in time, is silent: its registers are not known. No lock is
 * taken, and a thread may be stopped anywhere, inside our own malloc too. */
#ifndef PRELOAD_LEAKS_STOP_H
#define PRELOAD_LEAKS_STOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/platform.h"

enum { LEAK_THREADS_MAX = 32768, LEAK_BUFFER_BYTES = 65536, LEAK_RED_ZONE = 128, LEAK_SAVED_REGISTERS = 6 };

enum leak_thread_state {
        LEAK_THREAD_NEW,
        LEAK_THREAD_BLOCKS, /* the signal, when last looked at; was not asked */
        LEAK_THREAD_ASKED,
        LEAK_THREAD_STOPPED,
        LEAK_THREAD_SILENT,
        LEAK_THREAD_GONE,
};

struct leak_range {
        uintptr_t start, end;
};

/* As ptrace gives them. */
struct leak_registers {
        uintptr_t word[34];
};

struct leak_thread {
        _Atomic uint32_t answered; /* the number of the stop that it has answered. Release: what follows is filled in */
        uint32_t tid;
        enum leak_thread_state state;
        uintptr_t sp;
        struct leak_range registers, vectors; /* on its stack, in the frame of the signal; or in memory of ours */
};

/* The calling thread: its stack from `sp` outward, and what its callers want to have back from it. All zero: it is none
 * of the program's. */
struct leak_self {
        uintptr_t sp;
        uintptr_t registers[LEAK_SAVED_REGISTERS];
};

struct leak_stop {
        struct leak_self self;
        uint32_t pid, self_tid;     /* a raw child has others */
        struct leak_thread *thread; /* the others */
        size_t count;
        uint32_t silent;
        bool stopped;     /* false: they run; nothing is known of them but their tids, if that */
        bool incomplete;  /* there are more than could be listed */
        bool traced;      /* by ptrace */
        uint64_t mask;    /* the signals that the calling thread had blocked */
        uint64_t held_ns; /* since when threads of the program stand still, the calling one among them; 0: none does */
};

/* Memory for all of this, and the child's; in the constructor or by whoever scans first. False: no memory. */
bool leak_stop_open(void);
char *leak_buffer(void); /* LEAK_BUFFER_BYTES, for whoever scans */

/* How: `by_ptrace`; `signal` 0: whichever is free. */
void leak_stop_by(bool by_ptrace, int signal);

/* Makes sure that the handler is in place; 0: no signal is to be had, else its number. Asked before each use: what the
 * program has taken since is the program's. */
int leak_signal_ready(void);
bool leak_signal_is_ours(void); /* the one of the last scan is */

/* What the handler does when a signal comes that is the analyzer's (leak_wake_cookie): somebody wants a scan. */
extern void (*leak_woken)(void);

/* From now on the calling thread, which gets no signals, is the only one that runs. One at a time in a process. False:
 * the others could not be stopped, which stop->stopped says as well; leak_stop_end in any case. */
bool leak_stop_begin(struct leak_stop *stop, const struct leak_self *self);
void leak_stop_end(struct leak_stop *stop);

/* By a copy of the process that a fork has made meanwhile: the others, of the process, go on, unless ptrace holds them.
 * The copy is quicker than who has made it, whom a fair scheduler lets wait for as long as that took. */
void leak_stop_release(void);
void leak_stop_await_release(void); /* by the process, before leak_stop_end: a short time only */

/* The caller's own frame and all outward of it. To be inlined: it is the caller's frame that counts. */
static inline __attribute__((always_inline)) void leak_self_here(struct leak_self *ret_self)
{
#if defined(__x86_64__)
        __asm__ volatile("mov %%rbx, 0(%0)\n\tmov %%rbp, 8(%0)\n\tmov %%r12, 16(%0)\n\tmov %%r13, 24(%0)\n\t"
                         "mov %%r14, 32(%0)\n\tmov %%r15, 40(%0)"
                         :
                         : "r"(ret_self->registers)
                         : "memory");
#else
        for (unsigned i = 0; i < LEAK_SAVED_REGISTERS; i++)
                ret_self->registers[i] = 0;
#endif
        /* With what this function itself has put away of its caller's registers. */
        ret_self->sp = (uintptr_t)__builtin_frame_address(0) - (LEAK_SAVED_REGISTERS + 1) * sizeof(uintptr_t);
}

#endif
