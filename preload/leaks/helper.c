/* A bare clone, with what libc's own would give a thread as far as our code needs it. */
#define _GNU_SOURCE
#include "preload/leaks/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "preload/leaks/signal.h"
#include "preload/platform.h"
#include "preload/record/mappings.h"
#include "preload/thread.h"

enum {
        STACK_BYTES = 1 << 18,
        TLS_BYTES = 1 << 22, /* on each side of its thread pointer; most of it is never touched */
};

struct memory {
        char stack[STACK_BYTES];
        char tls[2 * TLS_BYTES];
        struct mapping mapping;
};

static struct {
        struct memory *memory;
        int tid; /* 0: none; the kernel writes it */
} helper;

static bool memory_open(void)
{
        void *memory;

        if (helper.memory)
                return true;
        memory = mmap(NULL, sizeof *helper.memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1, 0);
        if (memory == MAP_FAILED)
                return false;
        helper.memory = memory;
        mappings_add(&helper.memory->mapping, memory, sizeof *helper.memory);
        return true;
}

/* All zero but for the pointers to itself, as the C library wants it; errno and ours at the same distance from the
 * thread pointer as in every thread. 0: that is too far. */
static uintptr_t tls(void)
{
        uintptr_t own = (uintptr_t)__builtin_thread_pointer(),
                  needed[] = {(uintptr_t)&errno, (uintptr_t)&thread_current};
        uintptr_t *pointer = (uintptr_t *)(helper.memory->tls + TLS_BYTES);

        for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
                if (needed[i] - own + TLS_BYTES / 2 > TLS_BYTES)
                        return 0;
        pointer[0] = pointer[2] = (uintptr_t)pointer;
        return (uintptr_t)pointer;
}

static bool has_threads(void)
{
        struct stat task = {.st_nlink = 0};

        return platform_syscall(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/task", (long)&task, 0, 0, 0) == 0 &&
               task.st_nlink > 3; /* itself, its parent, and one for each thread */
}

bool helper_begin(int (*run)(void *context), void *context)
{
        const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                          CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
        int errno_before = errno, made;
        uintptr_t pointer;
        uint64_t mask;

        if (!has_threads() || !memory_open() || !(pointer = tls()))
                return false;
        mask = signal_block_all();
        made = clone(run, helper.memory->stack + STACK_BYTES, flags, context, &helper.tid, (void *)pointer,
                     &helper.tid);
        signal_restore(mask);
        errno = errno_before;
        return made > 0;
}

void helper_end(void)
{
        for (;;)
                platform_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
}

bool helper_runs(void)
{
        return __atomic_load_n(&helper.tid, __ATOMIC_ACQUIRE) != 0;
}

void helper_after_fork(void)
{
        helper.tid = 0;
}
