/* The constructor, fork, and the ways a process ends. */
#define _GNU_SOURCE
#include "preload/lifecycle.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/annotations.h"
#include "preload/block.h"
#include "preload/alloc/governor.h"
#include "preload/check/guard.h"
#include "preload/checks.h"
#include "preload/config.h"
#include "preload/hooks.h"
#include "preload/leaks/exit.h"
#include "preload/leaks/leaks.h"
#include "preload/leaks/pthreads.h"
#include "preload/news.h"
#include "preload/stock.h"
#include "preload/thread.h"
#include "preload/traced.h"

enum { EXE_BYTES = 1024 };

/* Passive until the constructor knows better: the operators then go through whatever malloc is the program's. */
static bool passive = true;
static bool open_for_recording;
static bool began_late;
static _Atomic bool closed;
static char exe[EXE_BYTES];

/* Speaks for processes whose threads record nothing. */
static struct recorder herald;

bool lifecycle_is_passive(void)
{
        return passive;
}

/* --- the beginning ----------------------------------------------------------------------------------------------- */

/* The address of our own malloc, whatever the name means to the program. */
extern void *malloc_of_ours(size_t size) __attribute__((visibility("hidden")));

/* In a program that is not position-independent and takes malloc's address, the name stands for an entry of its PLT,
 * which leads to us: the symbol has a value there but is not defined. */
static bool program_has_own_malloc(void)
{
        void *found = dlsym(RTLD_DEFAULT, "malloc");
        const ElfW(Sym) *symbol = NULL;
        Dl_info info;

        if (!found || found == (void *)malloc_of_ours)
                return false;
        return dladdr1(found, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || !symbol || symbol->st_shndx != SHN_UNDEF;
}

static void exe_read(void)
{
        long bytes = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof exe - 1);

        exe[bytes > 0 ? bytes : 0] = '\0';
}

static void forked(void)
{
        threads_notice_fork();
        news_after_fork();
        leaks_after_fork();
        atomic_store(&closed, false);
}

static void classes_fill(struct wire_classes *classes)
{
        classes->page_bytes = 4096;
        classes->class_count = HEAP_CLASSES;
        for (unsigned i = 0; i < HEAP_CLASSES; i++)
                classes->block_bytes[i] = heap_class_bytes(i);
}

static void hello(void)
{
        struct thread *thread = thread_recorded ? thread_enter() : NULL;

        if (thread) {
                recorder_hello(&thread->recorder);
                thread_leave(thread);
        } else if (recorder_begin(&herald)) {
                recorder_hello(&herald);
                recorder_end(&herald); /* a forked child must find nothing of ours in it */
        }
}

static uint64_t seed_make(void)
{
        const uint64_t *random = (const uint64_t *)getauxval(AT_RANDOM);

        return platform_ticks() + (uint64_t)thread_pid + (random ? random[1] : 0);
}

static void leaks_begin(void)
{
        pthreads_open();
        exit_open();
        leaks_open(&(struct leaks_options){
                .by_ptrace = config.leak_ptrace,
                .who = config.leak_who,
                .signal = (int)config.leak_signal,
                .every_ms = config.leak_every_ms,
        });
        block_due = leaks_follow;
}

static void record_begin(int argument_count, char **argument)
{
        struct recorder_options options = {
                .mode = config.unwind == CONFIG_UNWIND_LIBUNWIND    ? MEMO_LIBUNWIND
                        : config.unwind == CONFIG_UNWIND_VERIFY     ? MEMO_VERIFY
                        : config.unwind == CONFIG_UNWIND_VERIFY_ALL ? MEMO_VERIFY_ALL
                                                                    : MEMO_OWN,
                .stack_depth = config.stack_depth,
                .own_malloc = passive,
                .traced = config.trace == CONFIG_TRACE_FULL && !passive,
                .late = began_late,
                .sample_rate = passive ? 0 : config.sample_rate,
                .exe = exe,
                .argument_count = argument_count,
                .argument = argument,
                .news = news_next,
                .due = leaks_due,
        };

        classes_fill(&options.classes);
        if (!channel_open(config.pipe, config.drop, config.stall_ms) || !recorders_open(&options))
                return;
        open_for_recording = true;
        threads_watch_fork();
        news_open();
        pthread_atfork(NULL, NULL, forked);
        if (options.sample_rate) {
                samplings_open(options.sample_rate, seed_make());
                threads_sample();
        } else if (options.traced) {
                checks_encode_links();
                threads_sidelong();
                checks_open();
                if (!checks.any && !slab_link_key)
                        traced_speed_up();
                if (!config.leak_check_off)
                        leaks_begin();
        }
        hello();
}

static void governor_begin(void)
{
        pressure_root(config.pressure_root);
        governor_open((struct purge_limits){.retain_bytes = config.retain_bytes,
                                            .most_bytes = config.most_bytes,
                                            .decay_ms = config.decay_ms},
                      !config.ungoverned);
}

static void last_words_quick(void);
static void end_by_error(void);

__attribute__((constructor)) static void begin(int argument_count, char **argument, char **environment)
{
        Dl_info own;

        /* We are called before libc's own constructors. If libunwind is loaded from here, they run then, with the
         * environment that this variable holds. */
        if (!environ)
                environ = environment;
        began_late = thread_current != NULL;
        threads_open();
        passive = program_has_own_malloc();
        if (!environment || !dladdr((void *)begin, &own))
                return;
        config.retain_bytes = purge_configured.retain_bytes;
        config.most_bytes = purge_configured.most_bytes;
        config.decay_ms = purge_configured.decay_ms;
        config_read(environment, own.dli_fname);
        if (!passive)
                governor_begin();
        if (config.trace == CONFIG_TRACE_NONE)
                return;
        exe_read();
        record_begin(argument_count, argument);
        if (thread_sided)
                hooks_find(exe);
        if (open_for_recording)
                at_quick_exit(last_words_quick);
        if (config.abort_on_error)
                errors_follow = end_by_error;
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

static void walk_block(void *walk, const struct heap_visited *block)
{
        recorder_walk_block(walk, block->usable, block->side, block->slab, block->pinned);
}

static void walk_heap(struct recorder_walk *walk)
{
        struct heap_empty empty;

        heaps_walk(walk_block, walk, &empty);
        guard_walk(walk_block, walk);
        recorder_walk_empty(walk, &(struct wire_empty){
                                          .sparse_slabs = empty.sparse_slabs,
                                          .pinned_bytes = empty.pinned,
                                          .filling_bytes = empty.filling,
                                          .dense_bytes = empty.dense,
                                          .unpinned_bytes = empty.unpinned,
                                  });
}

/* As the program has left its memory: what comes later makes stacks and registers look as if they held pointers. */
static void leaks_at_exit(struct recorder *recorder, const struct leak_self *self)
{
        struct leak_sum sum;

        leaks_end();
        if (annotations_exit_scan_wanted())
                leaks_now(recorder, WIRE_SCAN_EXIT, self, &sum);
}

static void close_with(struct recorder *recorder, enum wire_exit how, const char *suppressions,
                       const struct leak_self *self)
{
        struct recorder_close close = {.how = how};

        if (suppressions)
                recorder_suppressions(recorder, suppressions);

        stock_take(recorder, &close); /* first, so that nothing of what follows is in it */
        leaks_at_exit(recorder, self);
        threads_sum(&close);
        recorder_close(recorder, &close, walk_heap);
}

static void last_words(enum wire_exit how, const struct leak_self *self)
{
        struct thread *thread = NULL;
        const char *suppressions = NULL;

        if (!open_for_recording)
                return;
        if (atomic_exchange(&closed, true))
                return;
        if (thread_sided) {
                suppressions = hooks_suppressions();
                if (hooks_turned_off())
                        annotations_finish();
        }
        if (thread_recorded)
                thread = thread_enter();
        if (thread) {
                if (checks.any)
                        checks_last_look(thread);
                close_with(&thread->recorder, how, suppressions, self);
                thread_leave(thread);
        } else if (recorder_begin(&herald)) {
                close_with(&herald, how, suppressions, self);
        }
}

static void last_words_quick(void)
{
        struct leak_self self;

        leak_self_here(&self);
        exit_find(&self, BLOCK_FRAME);
        last_words(WIRE_EXIT_QUICK, &self);
}

/* The child of a vfork ends in its parent's memory: the last words are not its to say. In a sandbox that cannot be
 * asked for; there, they may be said too early. */
static bool is_own_process(void)
{
        return channel_is_quiet() || (pid_t)syscall(SYS_getpid) == thread_pid;
}

/* HEAPTAP_ON_ERROR=abort: as glibc does it, after the last words. */
static void end_by_error(void)
{
        struct leak_self self;

        leak_self_here(&self);
        if (is_own_process())
                last_words(WIRE_EXIT_ERROR, &self);
        abort();
}

__attribute__((destructor)) static void end(void)
{
        struct leak_self self;

        leak_self_here(&self);
        exit_find(&self, BLOCK_FRAME);
        last_words(WIRE_EXIT_NORMAL, &self);
}

EXPORT __attribute__((noreturn)) void _exit(int status)
{
        struct leak_self self;

        leak_self_here(&self);
        if (*thread_canary == 0)
                forked();
        if (open_for_recording && is_own_process())
                last_words(WIRE_EXIT_QUICK, &self);
        for (;;)
                syscall(SYS_exit_group, status);
}

EXPORT __attribute__((noreturn)) void _Exit(int status)
{
        _exit(status);
}
