/* The rendezvous of all threads. */
#define _GNU_SOURCE
#include "preload/leaks/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "preload/leaks/signal.h"
#include "preload/leaks/tracer.h"
#include "preload/record/mappings.h"
#include "preload/record/recorder.h"
#include "wire/session.h"

enum {
        STOP_NS = 500000000,     /* for all of it: somebody may be creating threads faster than they can be asked */
        PATIENCE_NS = 100000000, /* for a thread that would take the signal and does not answer */
        LOOK_NS = 10000000,      /* between looks at what has become of it */
        NAP_NS = 1000000,
        HOLD_NS = 100000000,  /* between looks of those that are held, for whoever wakes them may have been killed */
        RELEASE_NS = 2000000, /* for the copy to let them go */
        MOMENT_NS = 50000,    /* until the next look at those that block the signal; each is twice as long */
        MOMENT_NS_MAX = 400000,
        VECTORS_BYTES = 512, /* of the x87 and SSE registers; more where the frame says so */
};

/* Of the process and of the copy that a fork makes of it, for which no futex of the process's own will do. */
struct shared {
        _Atomic uint32_t active; /* the number of the stop that goes on; 0: none. Who has answered waits for a change */
};

struct memory {
        char buffer[LEAK_BUFFER_BYTES];
        struct leak_thread thread[LEAK_THREADS_MAX];
        struct mapping mapping, shared_mapping;
};

static struct {
        struct memory *memory;
        struct shared *shared;
        uint32_t pid; /* whose it is: a forked child inherits what is its parent's */
        bool by_ptrace;
        uint32_t number;          /* of the last stop */
        _Atomic uint32_t arrived; /* have answered */
        _Atomic uint32_t awaited; /* whose answer completes it */
} control;

void (*leak_woken)(void);

static void futex_wait(_Atomic uint32_t *word, uint32_t value, long nanoseconds)
{
        const struct timespec timeout = {.tv_nsec = nanoseconds};

        platform_syscall(SYS_futex, (long)word, FUTEX_WAIT, value, (long)&timeout, 0, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
        platform_syscall(SYS_futex, (long)word, FUTEX_WAKE, INT32_MAX, 0, 0, 0);
}

/* --- in the thread that is stopped ------------------------------------------------------------------------------- */

static void registers_note(struct leak_thread *thread, ucontext_t *context, const struct leak_self *self)
{
        if (!context) { /* it has called us itself */
                thread->sp = self->sp;
                thread->registers = (struct leak_range){(uintptr_t)self->registers, (uintptr_t)(self + 1)};
                thread->vectors = (struct leak_range){0, 0};
                return;
        }
#if defined(__x86_64__)
        uintptr_t registers = (uintptr_t)context->uc_mcontext.gregs, vectors = (uintptr_t)context->uc_mcontext.fpregs;

        thread->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
        thread->registers = (struct leak_range){registers, registers + sizeof context->uc_mcontext.gregs};
        thread->vectors = (struct leak_range){vectors, vectors ? vectors + VECTORS_BYTES : 0};
        /* The kernel tells of more in the unused bytes (asm/sigcontext.h, struct _fpx_sw_bytes). */
        if (vectors) {
                const uint32_t *more = (const uint32_t *)(vectors + 464);

                if (more[0] == 0x46505853 && more[4] > VECTORS_BYTES)
                        thread->vectors.end = vectors + more[4];
        }
#else
        uintptr_t registers = (uintptr_t)context->uc_mcontext.regs;
        uintptr_t vectors = (uintptr_t)context->uc_mcontext.__reserved;

        thread->sp = context->uc_mcontext.sp;
        thread->registers = (struct leak_range){registers, registers + sizeof context->uc_mcontext.regs};
        thread->vectors = (struct leak_range){vectors, vectors + sizeof context->uc_mcontext.__reserved};
#endif
}

/* A signal may come late, when its stop is over. */
static void answer(struct leak_thread *thread, ucontext_t *context)
{
        /* Acquire: the thread's place was filled in before. */
        uint32_t number = atomic_load_explicit(&control.shared->active, memory_order_acquire);
        struct leak_self self;

        leak_self_here(&self);
        if (!number || thread->tid != (uint32_t)platform_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0) ||
            atomic_load_explicit(&thread->answered, memory_order_relaxed) == number)
                return;
        registers_note(thread, context, &self);
        /* Release: pairs with has_answered. */
        atomic_store_explicit(&thread->answered, number, memory_order_release);
        if (atomic_fetch_add(&control.arrived, 1) + 1 >= atomic_load(&control.awaited))
                futex_wake(&control.arrived);
        while (atomic_load_explicit(&control.shared->active, memory_order_acquire) == number)
                futex_wait(&control.shared->active, number, HOLD_NS);
}

static bool taken(uintptr_t value, ucontext_t *context)
{
        uintptr_t offset = value - (uintptr_t)control.memory->thread;

        if (value == SESSION_WAKE_COOKIE) {
                if (leak_woken)
                        leak_woken();
                return true;
        }
        if (!control.memory || offset >= sizeof control.memory->thread || offset % sizeof(struct leak_thread))
                return false;
        answer(&control.memory->thread[offset / sizeof(struct leak_thread)], context);
        return true;
}

/* --- in the thread that stops ------------------------------------------------------------------------------------ */

bool leak_stop_open(void)
{
        void *memory, *shared;

        if (control.memory)
                return true;
        memory = mmap(NULL, sizeof *control.memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1, 0);
        shared = mmap(NULL, sizeof *control.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || shared == MAP_FAILED)
                return false;
        control.memory = memory;
        control.shared = shared;
        control.pid = (uint32_t)platform_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
        mappings_add(&control.memory->mapping, memory, sizeof *control.memory);
        mappings_add(&control.memory->shared_mapping, shared, sizeof *control.shared);
        return true;
}

/* False: a forked child, whose parent has it still, cannot get its own. */
static bool shared_own(uint32_t pid)
{
        if (control.pid != pid && mmap(control.shared, sizeof *control.shared, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
                return false;
        control.pid = pid;
        return true;
}

char *leak_buffer(void)
{
        return control.memory->buffer;
}

void leak_stop_by(bool by_ptrace, int signal)
{
        control.by_ptrace = by_ptrace;
        signal_prefer(signal, taken);
}

int leak_signal_ready(void)
{
        return leak_stop_open() ? signal_ready() : 0;
}

bool leak_signal_is_ours(void)
{
        return signal_is_ours();
}

struct entry { /* of a directory, as the kernel writes it (struct linux_dirent64) */
        uint64_t inode;
        int64_t offset;
        uint16_t bytes;
        uint8_t type;
        char name[];
};

/* Threads are listed in the order of their birth, so the next one is where it was the last time. */
static bool is_known(const struct leak_stop *stop, uint32_t tid, size_t *hint)
{
        for (size_t i = 0; i < stop->count; i++) {
                size_t at = (*hint + i) % stop->count;

                if (stop->thread[at].tid == tid) {
                        *hint = at + 1;
                        return true;
                }
        }
        return false;
}

static void thread_add(struct leak_stop *stop, uint32_t tid)
{
        if (stop->count == LEAK_THREADS_MAX) {
                stop->incomplete = true;
                return;
        }

        struct leak_thread *thread = &stop->thread[stop->count++];

        thread->tid = tid;
        thread->state = LEAK_THREAD_NEW;
        thread->sp = 0;
        thread->registers = thread->vectors = (struct leak_range){0, 0};
        atomic_store_explicit(&thread->answered, 0, memory_order_relaxed);
}

/* Adds the threads that are not among them yet; how many, or -1: they cannot be listed. */
static long threads_list(struct leak_stop *stop, int task)
{
        size_t before = stop->count, hint = 0;
        long bytes;

        if (platform_syscall(SYS_lseek, task, 0, SEEK_SET, 0, 0, 0) < 0)
                return -1;
        while ((bytes = platform_syscall(SYS_getdents64, task, (long)leak_buffer(), LEAK_BUFFER_BYTES, 0, 0, 0)) > 0)
                for (long at = 0; at < bytes;) {
                        const struct entry *entry = (const struct entry *)(leak_buffer() + at);
                        uint32_t tid = 0;

                        for (const char *digit = entry->name; *digit >= '0' && *digit <= '9'; digit++)
                                tid = tid * 10 + (uint32_t)(*digit - '0');
                        if (tid && tid != stop->self_tid && !is_known(stop, tid, &hint))
                                thread_add(stop, tid);
                        at += entry->bytes;
                }
        return bytes < 0 ? -1 : (long)(stop->count - before);
}

/* What there is to hear of it. */
static bool has_answered(struct leak_thread *thread)
{
        /* Acquire: pairs with answer. */
        if (thread->state == LEAK_THREAD_ASKED &&
            atomic_load_explicit(&thread->answered, memory_order_acquire) == control.number)
                thread->state = LEAK_THREAD_STOPPED;
        return thread->state != LEAK_THREAD_ASKED;
}

/* NEW: is to be asked. */
static const enum leak_thread_state state_of[] = {
        [SIGNAL_COMES] = LEAK_THREAD_NEW,
        [SIGNAL_BLOCKED] = LEAK_THREAD_BLOCKS,
        [SIGNAL_NOBODY] = LEAK_THREAD_GONE,
};

/* Those that would take it, before anybody waits; then all of them. Returns how many were asked. */
static uint32_t threads_ask(struct leak_stop *stop, int task)
{
        uint32_t asked = 0;

        for (size_t i = 0; i < stop->count; i++) {
                struct leak_thread *thread = &stop->thread[i];

                if (thread->state <= LEAK_THREAD_BLOCKS)
                        thread->state = state_of[signal_way_of(task, thread->tid, leak_buffer())];
        }
        if (!stop->held_ns)
                stop->held_ns = recorder_now_ns();
        for (size_t i = 0; i < stop->count; i++) {
                struct leak_thread *thread = &stop->thread[i];

                if (thread->state != LEAK_THREAD_NEW)
                        continue;
                if (signal_send(thread->tid, (uintptr_t)thread)) {
                        thread->state = LEAK_THREAD_ASKED;
                        asked++;
                } else {
                        thread->state = LEAK_THREAD_SILENT; /* gone, if that is what a look says */
                }
        }
        atomic_fetch_add(&control.awaited, asked);
        return asked;
}

/* What has become of those that have not answered. */
static void threads_look(struct leak_stop *stop, int task)
{
        for (size_t i = 0; i < stop->count; i++) {
                struct leak_thread *thread = &stop->thread[i];

                if (has_answered(thread))
                        continue;

                enum signal_way way = signal_way_of(task, thread->tid, leak_buffer());

                if (way != SIGNAL_COMES && !has_answered(thread))
                        thread->state = way == SIGNAL_BLOCKED ? LEAK_THREAD_SILENT : LEAK_THREAD_GONE;
        }
}

static bool all_have_answered(struct leak_stop *stop)
{
        bool all = true;

        for (size_t i = 0; i < stop->count; i++)
                all &= has_answered(&stop->thread[i]);
        return all;
}

static void threads_await(struct leak_stop *stop, int task)
{
        uint64_t begin_ns = recorder_now_ns(), look_ns = begin_ns + LOOK_NS;

        while (recorder_now_ns() - begin_ns < PATIENCE_NS) {
                uint32_t arrived = atomic_load(&control.arrived);

                if (all_have_answered(stop))
                        return;
                if (recorder_now_ns() > look_ns) {
                        threads_look(stop, task);
                        look_ns += LOOK_NS;
                }
                futex_wait(&control.arrived, arrived, NAP_NS);
        }
        for (size_t i = 0; i < stop->count; i++)
                if (!has_answered(&stop->thread[i]))
                        stop->thread[i].state = LEAK_THREAD_SILENT;
}

/* A signal could not be sent: the thread may have ended meanwhile. */
static void threads_count_silent(struct leak_stop *stop, int task)
{
        for (size_t i = 0; i < stop->count; i++) {
                struct leak_thread *thread = &stop->thread[i];

                if (thread->state == LEAK_THREAD_BLOCKS)
                        thread->state = LEAK_THREAD_SILENT;
                if (thread->state == LEAK_THREAD_SILENT &&
                    signal_way_of(task, thread->tid, leak_buffer()) == SIGNAL_NOBODY)
                        thread->state = LEAK_THREAD_GONE;
                stop->silent += thread->state == LEAK_THREAD_SILENT;
        }
}

static bool any_blocks(const struct leak_stop *stop)
{
        for (size_t i = 0; i < stop->count; i++)
                if (stop->thread[i].state == LEAK_THREAD_BLOCKS)
                        return true;
        return false;
}

static bool threads_stop(struct leak_stop *stop, int task)
{
        struct timespec moment = {.tv_nsec = MOMENT_NS};
        uint64_t end_ns = recorder_now_ns() + STOP_NS;

        for (unsigned pass = 0; pass == 0 || recorder_now_ns() < end_ns; pass++) {
                long more = threads_list(stop, task);

                if (more < 0)
                        return false;
                if (more == 0) {
                        if (!any_blocks(stop) || moment.tv_nsec > MOMENT_NS_MAX)
                                return true;
                        platform_syscall(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
                        moment.tv_nsec *= 2;
                }
                if (pass == 0 && !signal_ready())
                        return false;
                if (threads_ask(stop, task))
                        threads_await(stop, task);
        }
        return false;
}

/* Nobody is held, or not all are: what was seen of them does not hold any more. */
static void all_are_silent(struct leak_stop *stop)
{
        for (size_t i = 0; i < stop->count; i++)
                if (stop->thread[i].state != LEAK_THREAD_GONE)
                        stop->thread[i].state = LEAK_THREAD_SILENT;
}

static bool threads_trace(struct leak_stop *stop, int task)
{
        if (threads_list(stop, task) == 0)
                return true;
        stop->count = 0; /* the tracer lists them anew, each when it has stopped those before */
        stop->traced = tracer_stop(stop, task, threads_list);
        return stop->traced;
}

/* Whoever is asked from now on is held. */
static void number_next(void)
{
        if (++control.number == 0)
                control.number = 1;
        atomic_store(&control.arrived, 0);
        atomic_store(&control.awaited, 0);
        /* Release: pairs with answer. */
        atomic_store_explicit(&control.shared->active, control.number, memory_order_release);
}

bool leak_stop_begin(struct leak_stop *stop, const struct leak_self *self)
{
        long task;

        *stop = (struct leak_stop){
                .self = *self, .thread = control.memory->thread, .held_ns = self->sp ? recorder_now_ns() : 0};
        stop->pid = (uint32_t)platform_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
        stop->self_tid = (uint32_t)platform_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
        stop->mask = signal_block_all();
        if (!shared_own(stop->pid)) {
                stop->incomplete = true;
                return false;
        }
        number_next();
        task = platform_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0,
                                0);
        if (task < 0) {
                stop->incomplete = true;
                return false;
        }
        if (control.by_ptrace)
                stop->stopped = threads_trace(stop, (int)task);
        else
                stop->stopped = threads_stop(stop, (int)task);
        if (!stop->stopped)
                all_are_silent(stop);
        threads_count_silent(stop, (int)task);
        platform_syscall(SYS_close, task, 0, 0, 0, 0, 0);
        return stop->stopped;
}

void leak_stop_release(void)
{
        if (atomic_exchange(&control.shared->active, 0))
                futex_wake(&control.shared->active);
}

void leak_stop_await_release(void)
{
        uint64_t end_ns = recorder_now_ns() + RELEASE_NS;

        while (atomic_load(&control.shared->active) && recorder_now_ns() < end_ns)
                futex_wait(&control.shared->active, control.number, RELEASE_NS);
}

void leak_stop_end(struct leak_stop *stop)
{
        if (stop->traced)
                tracer_release();
        if (control.pid == stop->pid) /* else the page is its parent's still; see shared_own */
                leak_stop_release();
        signal_restore(stop->mask);
}
