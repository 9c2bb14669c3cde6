/* It has the thread pointer of the thread that made it, so it makes plain system calls and touches no errno. */
#define _GNU_SOURCE
#include "preload/leaks/tracer.h"

#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "preload/record/mappings.h"

enum {
        STACK_BYTES = 64 << 10,
        PASSES_MAX = 30,
        NAP_NS = 200000,
        THREAD_NAPS = 500, /* for one thread: 100 ms */
        ALL_NAPS = 50000,  /* for the tracer: 10 s */
#if defined(__x86_64__)
        WORD_SP = 19, /* in struct user_regs_struct */
#else
        WORD_SP = 31, /* in struct user_pt_regs */
#endif
};

enum phase { PHASE_MADE, PHASE_GO, PHASE_STOPPED, PHASE_REFUSED, PHASE_RELEASE };

struct memory {
        char stack[STACK_BYTES];
        struct leak_registers registers[LEAK_THREADS_MAX];
        uint8_t signal[LEAK_THREADS_MAX]; /* that it was about to get */
        struct mapping mapping;
};

static struct {
        struct memory *memory;
        struct leak_stop *stop;
        tracer_list *list;
        int task;
        int pid; /* of the tracer; 0: there is none */
        _Atomic uint32_t phase;
} tracer;

static void nap(void)
{
        const struct timespec time = {.tv_nsec = NAP_NS};

        platform_syscall(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

static long trace(int request, uint32_t tid, long address, long data)
{
        return platform_syscall(SYS_ptrace, request, (long)tid, address, data, 0, 0);
}

/* --- the tracer -------------------------------------------------------------------------------------------------- */

/* Waits until it stands. */
static enum leak_thread_state stand(uint32_t tid, uint8_t *ret_signal)
{
        for (unsigned i = 0; i < THREAD_NAPS; i++) {
                int status = 0;
                long got = platform_syscall(SYS_wait4, (long)tid, (long)&status, __WALL | WNOHANG, 0, 0, 0);

                if (got == (long)tid && WIFSTOPPED(status)) {
                        *ret_signal = (uint8_t)(status >> 16 ? 0 : WSTOPSIG(status));
                        return LEAK_THREAD_STOPPED;
                }
                if (got == (long)tid || got == -ECHILD)
                        return LEAK_THREAD_GONE;
                nap();
        }
        return LEAK_THREAD_SILENT;
}

static void registers_read(size_t at)
{
        struct leak_registers *registers = &tracer.memory->registers[at];
        struct iovec vector = {registers, sizeof *registers};
        struct leak_thread *thread = &tracer.stop->thread[at];

        if (trace(PTRACE_GETREGSET, thread->tid, NT_PRSTATUS, (long)&vector) < 0) {
                thread->state = LEAK_THREAD_SILENT;
                return;
        }
        thread->sp = registers->word[WORD_SP];
        thread->registers.start = (uintptr_t)registers;
        thread->registers.end = (uintptr_t)registers + vector.iov_len;
}

/* False: it is not permitted. */
static bool seize(size_t at)
{
        struct leak_thread *thread = &tracer.stop->thread[at];
        long got = trace(PTRACE_SEIZE, thread->tid, 0, 0);

        if (got < 0) {
                thread->state = got == -ESRCH ? LEAK_THREAD_GONE : LEAK_THREAD_ASKED;
                return got == -ESRCH;
        }
        trace(PTRACE_INTERRUPT, thread->tid, 0, 0);
        thread->state = stand(thread->tid, &tracer.memory->signal[at]);
        if (thread->state == LEAK_THREAD_STOPPED)
                registers_read(at);
        return true;
}

static bool seize_all(void)
{
        size_t first = 0;

        for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
                long more = tracer.list(tracer.stop, tracer.task);

                if (more <= 0)
                        return more == 0;
                for (; first < tracer.stop->count; first++)
                        if (!seize(first))
                                return false;
        }
        return false;
}

static void let_go_all(void)
{
        for (size_t i = 0; i < tracer.stop->count; i++)
                trace(PTRACE_DETACH, tracer.stop->thread[i].tid, 0, tracer.memory->signal[i]);
}

static int tracer_main(void *context)
{
        (void)context;
        while (atomic_load(&tracer.phase) == PHASE_MADE)
                nap();
        if (seize_all()) {
                atomic_store(&tracer.phase, PHASE_STOPPED);
                while (atomic_load(&tracer.phase) == PHASE_STOPPED)
                        nap();
                let_go_all();
        } else {
                let_go_all(); /* first: who sees the phase lets them be asked in another way */
                atomic_store(&tracer.phase, PHASE_REFUSED);
        }
        platform_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
        return 0;
}

/* --- who is traced ----------------------------------------------------------------------------------------------- */

static bool memory_open(void)
{
        void *memory;

        if (tracer.memory)
                return true;
        memory = mmap(NULL, sizeof *tracer.memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1, 0);
        if (memory == MAP_FAILED)
                return false;
        tracer.memory = memory;
        mappings_add(&tracer.memory->mapping, memory, sizeof *tracer.memory);
        return true;
}

static void reap(void)
{
        if (tracer.pid > 0)
                platform_syscall(SYS_wait4, tracer.pid, 0, __WCLONE, 0, 0, 0);
        tracer.pid = 0;
}

bool tracer_stop(struct leak_stop *stop, int task, tracer_list *list)
{
        int errno_before = errno;
        bool stopped;

        if (!memory_open())
                return false;
        tracer.stop = stop;
        tracer.list = list;
        tracer.task = task;
        atomic_store(&tracer.phase, PHASE_MADE);
        tracer.pid = clone(tracer_main, tracer.memory->stack + STACK_BYTES, CLONE_VM | CLONE_UNTRACED, NULL);
        errno = errno_before;
        if (tracer.pid < 0)
                return false;
        platform_syscall(SYS_prctl, PR_SET_PTRACER, tracer.pid, 0, 0, 0, 0);
        atomic_store(&tracer.phase, PHASE_GO);
        for (unsigned i = 0; i < ALL_NAPS && atomic_load(&tracer.phase) == PHASE_GO; i++)
                nap();
        stopped = atomic_load(&tracer.phase) == PHASE_STOPPED;
        if (!stopped) {
                if (atomic_load(&tracer.phase) == PHASE_GO) /* its end lets all go that it has */
                        platform_syscall(SYS_kill, tracer.pid, SIGKILL, 0, 0, 0, 0);
                reap();
        }
        return stopped;
}

void tracer_release(void)
{
        if (tracer.pid <= 0)
                return;
        atomic_store(&tracer.phase, PHASE_RELEASE);
        reap();
        platform_syscall(SYS_prctl, PR_SET_PTRACER, 0, 0, 0, 0, 0);
}
