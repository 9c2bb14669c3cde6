/* One scan at a time. What is shared by the threads are single words; nobody waits but who ends the process. */
#define _GNU_SOURCE
#include "preload/leaks/leaks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "preload/leaks/helper.h"
#include "preload/leaks/roots.h"
#include "preload/record/channel.h"
#include "preload/record/mappings.h"
#include "preload/thread.h"
#include "wire/session.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define SCAN_WAIT_NS UINT64_C(10000000000) /* for a scan without which the process does not end */

enum {
        STACK_BYTES = 1 << 20,
        CHILD_NICE = 10,
        REAP_NS = 10000000,        /* between looks whether the child has ended */
        SIGNAL_NS = 1000000000,    /* between looks whether the signal is still ours */
        CHILD_WAIT_NS = 500000000, /* at the end, for a scan that somebody wants to see */
        BUSY_WAIT_NS = 1000000000, /* for a thread that is about to make one */
        NAP_NS = 1000000,
};

/* What parent and child say to each other. */
struct shared {
        uint32_t sequence; /* of the next frame, by a child that has ended well */
        struct leak_sum sum;
};

struct memory {
        char stack[STACK_BYTES];
        struct mapping mapping, shared_mapping;
};

static struct {
        struct leaks_options options;
        bool open;
        uint32_t pid; /* whose all of this is */
        struct memory *memory;
        struct shared *shared;
        _Atomic bool busy;        /* one of its threads makes a scan now */
        _Atomic uint64_t next_ns; /* when the next one is due */
        _Atomic uint64_t reap_ns, signal_ns;
        _Atomic int child;      /* 0: none */
        uint64_t child_request; /* what it answers; 0: nobody has asked */
        uint32_t number;        /* of the last scan */
        struct recorder voice;  /* what children speak through, one after the other */
        bool voice_begun;
} leaks;

static void nap(void)
{
        const struct timespec time = {.tv_nsec = NAP_NS};

        platform_syscall(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

/* --- the child --------------------------------------------------------------------------------------------------- */

struct errand {
        struct leak_stop *stop;
        struct leak_scan_info info;
        uint64_t request;
};

/* What the program closes while the child lives shall be closed. */
static void close_all_but_ours(void)
{
        int ours = channel_descriptor();

        if (ours > 0)
                platform_syscall(SYS_close_range, 0, ours - 1, 0, 0, 0, 0);
        platform_syscall(SYS_close_range, ours + 1, UINT32_MAX, 0, 0, 0, 0);
}

/* If memory gets short, it is the child that goes. */
static void offer_to_die_first(void)
{
        long file = platform_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/oom_score_adj", O_WRONLY, 0, 0, 0);

        if (file < 0)
                return;
        platform_syscall(SYS_write, file, (long)"1000", 4, 0, 0, 0);
        platform_syscall(SYS_close, file, 0, 0, 0, 0, 0);
}

static void told(uint64_t request, uint32_t number)
{
        struct session_header *session = channel_session();

        if (!request || !session)
                return;
        atomic_store(&session->scan_number, number);
        /* Release: pairs with the analyzer, which then finds all frames in the pipe. */
        atomic_store_explicit(&session->scan_told, request, memory_order_release);
}

static uint32_t flags_of(const struct leak_stop *stop)
{
        return (stop->traced ? WIRE_SCAN_PTRACE : 0u) | (stop->stopped ? 0u : WIRE_SCAN_RUNNING);
}

/* The parent knows it a moment after the child has begun. */
static int child_main(void *context)
{
        struct errand *errand = context;
        struct leak_roots roots = {0};

        leak_stop_release();
        if (errand->stop->held_ns)
                errand->info.pause_ns = recorder_now_ns() - errand->stop->held_ns;
        platform_syscall(SYS_setpriority, PRIO_PROCESS, 0, CHILD_NICE, 0, 0, 0);
        close_all_but_ours();
        recorders_in_copy();
        offer_to_die_first();
        platform_syscall(SYS_prctl, PR_SET_NAME, (long)"heaptap-scan", 0, 0, 0, 0);
        if (leak_roots_collect(&roots, errand->stop)) {
                platform_syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
                leaks_scan(&leaks.voice, &roots, &errand->info, &leaks.shared->sum);
                recorder_hello(&leaks.voice);
                leaks.shared->sequence = leaks.voice.sequence;
                channel_release(&leaks.voice.slot);
                told(errand->request, errand->info.number);
                platform_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
        }
        platform_syscall(SYS_exit_group, 1, 0, 0, 0, 0, 0);
        return 1;
}

/* --- the parent -------------------------------------------------------------------------------------------------- */

static bool memory_open(void)
{
        void *memory, *shared;

        if (leaks.memory)
                return true;
        memory = mmap(NULL, sizeof *leaks.memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                      -1, 0);
        shared = mmap(NULL, sizeof *leaks.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || shared == MAP_FAILED)
                return false;
        leaks.memory = memory;
        leaks.shared = shared;
        mappings_add(&leaks.memory->mapping, memory, sizeof *leaks.memory);
        mappings_add(&leaks.memory->shared_mapping, shared, sizeof *leaks.shared);
        return true;
}

/* One thread of the stream for all children of a process. */
static bool voice_open(void)
{
        if (!leaks.voice_begun && !recorder_begin(&leaks.voice))
                return false;
        leaks.voice_begun = true;
        leaks.voice.way = CHANNEL_PIPE_OR_HAND;
        recorder_introduce(&leaks.voice); /* so that the slot, and who is announced, are known on both sides */
        return true;
}

/* What was begun in the slot is the child's now. */
static void voice_forget(void)
{
        leaks.voice.encode.bytes = 0;
        channel_after_fork(&leaks.voice.slot);
}

static void child_ended(int status)
{
        bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

        if (!well)
                told(leaks.child_request, 0);
        if (well)
                leaks.voice.sequence = leaks.shared->sequence;
        else
                leaks.voice_begun = false; /* nobody knows how far it came: the next is another thread */
        leaks.child_request = 0;
        atomic_store(&leaks.child, 0);
}

/* False: it still runs. Called by whoever has made the process busy. */
static bool child_reap(void)
{
        int child = atomic_load(&leaks.child), status = 0;
        long got;

        if (!child)
                return true;
        got = platform_syscall(SYS_wait4, child, (long)&status, __WCLONE | WNOHANG, 0, 0, 0);
        if (got == 0 || got == -EINTR)
                return false;
        child_ended(got == child ? status : 0x100); /* a program that waits with __WALL may have been quicker */
        return true;
}

static bool busy_begin(void)
{
        uint32_t pid = (uint32_t)platform_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
        bool free = false;

        /* The child of a vfork lives in its parent's memory; a forked child forgets what its parent was about. */
        if (pid != (uint32_t)thread_pid)
                return false;
        if (pid != leaks.pid)
                leaks_after_fork();
        return atomic_compare_exchange_strong(&leaks.busy, &free, true);
}

static void busy_end(void)
{
        atomic_store(&leaks.busy, false);
}

static bool can_scan(void)
{
        return leaks.open && recorder_is_on() && !channel_is_quiet();
}

/* The analyzer may use the signal from now on. */
static void signal_offer(void)
{
        if (leak_signal_is_ours() && !atomic_load(&leaks.signal_ns)) {
                channel_wake_by((uint32_t)leak_signal_ready());
                atomic_store(&leaks.signal_ns, recorder_now_ns() + SIGNAL_NS);
        }
}

/* The caller is not on the stack that the child gets. */
static void child_make(struct leak_stop *stop, struct errand *errand, const struct leak_self *self)
{
        int errno_before = errno, child;

        leak_stop_begin(stop, self);
        errand->info.flags = flags_of(stop);
        errand->info.time_ns = recorder_now_ns();
        child = clone(child_main, leaks.memory->stack + STACK_BYTES, 0, errand);
        errno = errno_before; /* before the thread goes on whose it is */
        if (child > 0 && stop->stopped && !stop->traced && stop->count)
                leak_stop_await_release();
        leak_stop_end(stop);
        if (child < 0) {
                told(errand->request, 0);
                channel_release(&leaks.voice.slot);
                leaks.voice.encode.bytes = 0;
        } else {
                voice_forget();
                leaks.child_request = errand->request;
                atomic_store(&leaks.child, child);
        }
        signal_offer();
}

static int in_helper(void *errand_)
{
        static const struct leak_self self; /* no thread of the program's */
        struct errand *errand = errand_;

        child_make(errand->stop, errand, &self);
        busy_end();
        helper_end();
}

/* Nobody is held on return, or a helper sees to it and to `busy`, which is false. */
static bool scan_apart(enum wire_scan_why why, uint64_t request, const struct leak_self *self, bool may_help)
{
        static struct leak_stop stop;
        static struct errand errand;

        if (!leak_stop_open() || !memory_open() || !voice_open()) {
                told(request, 0);
                return true;
        }
        errand = (struct errand){
                .stop = &stop,
                .request = request,
                .info = {.number = ++leaks.number, .why = why, .who = leaks.options.who},
        };
        if (may_help && !leaks.options.by_ptrace && helper_begin(in_helper, &errand))
                return false;
        child_make(&stop, &errand, self);
        return true;
}

/* --- when -------------------------------------------------------------------------------------------------------- */

/* A request for this process that nobody has begun; 0: none. */
static uint64_t request_pending(void)
{
        struct session_header *session = channel_session();
        uint64_t wanted = session ? atomic_load_explicit(&session->scan_wanted, memory_order_relaxed) : 0;

        if (LIKELY(wanted == 0) || wanted >> 32 != (channel_is_apart() ? SESSION_PID_APART : channel_pid()))
                return 0;
        return atomic_load_explicit(&session->scan_begun, memory_order_relaxed) == wanted ? 0 : wanted;
}

static bool has_passed(_Atomic uint64_t *when, uint64_t now, uint64_t step)
{
        uint64_t then = atomic_load_explicit(when, memory_order_relaxed);

        return now >= then && atomic_compare_exchange_strong(when, &then, now + step);
}

/* What the program has taken over must not be used to wake it. */
static void signal_look(uint64_t now)
{
        if (atomic_load_explicit(&leaks.signal_ns, memory_order_relaxed) &&
            has_passed(&leaks.signal_ns, now, SIGNAL_NS) && !leak_signal_is_ours()) {
                channel_wake_by(0);
                atomic_store(&leaks.signal_ns, 0);
        }
}

bool leaks_due(uint64_t now_ns_)
{
        if (UNLIKELY(channel_is_quiet()))
                return false;
        signal_look(now_ns_);
        if (UNLIKELY(atomic_load_explicit(&leaks.child, memory_order_relaxed)) &&
            has_passed(&leaks.reap_ns, now_ns_, REAP_NS))
                return true;
        return (leaks.options.every_ms && now_ns_ >= atomic_load_explicit(&leaks.next_ns, memory_order_relaxed)) ||
               request_pending();
}

/* Whether the process is no longer busy; see scan_apart. */
static bool follow(const struct leak_self *self)
{
        uint64_t request = request_pending(), now = recorder_now_ns();
        bool periodic = leaks.options.every_ms && now >= atomic_load(&leaks.next_ns);

        if (helper_runs() || !child_reap() || (!request && !periodic))
                return true;
        if (periodic)
                atomic_store(&leaks.next_ns, now + leaks.options.every_ms * UINT64_C(1000000));
        if (request)
                atomic_store(&channel_session()->scan_begun, request);
        if (!scan_apart(request ? WIRE_SCAN_REQUEST : WIRE_SCAN_PERIODIC, request, self, true))
                return false;
        return true;
}

NOINLINE void leaks_follow(void)
{
        struct leak_self self;

        leak_self_here(&self);
        if (!can_scan() || !busy_begin())
                return;
        if (follow(&self))
                busy_end();
}

/* In the handler of our signal. */
static void woken(void)
{
        int errno_before = errno;

        leaks_follow();
        errno = errno_before;
}

void leaks_open(const struct leaks_options *options)
{
        leaks.options = *options;
        leaks.pid = (uint32_t)thread_pid;
        leak_stop_by(options->by_ptrace, options->signal);
        leak_woken = woken;
        leaks.open = true;
        if (options->every_ms)
                atomic_store(&leaks.next_ns, recorder_now_ns() + options->every_ms * UINT64_C(1000000));
        /* From the start, or a process that allocates nothing any more could not be asked. */
        if (!options->by_ptrace && leak_signal_ready())
                signal_offer();
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

/* Makes the process busy for good. */
static bool busy_wait(void)
{
        uint64_t end_ns = recorder_now_ns() + BUSY_WAIT_NS;

        while (!busy_begin()) {
                if (recorder_now_ns() > end_ns)
                        return false;
                nap();
        }
        return true;
}

void leaks_end(void)
{
        uint64_t end_ns = recorder_now_ns() + CHILD_WAIT_NS;

        if (!can_scan() || !busy_wait())
                return;
        while (!child_reap()) {
                if (!leaks.child_request || recorder_now_ns() > end_ns)
                        platform_syscall(SYS_kill, atomic_load(&leaks.child), SIGKILL, 0, 0, 0, 0);
                nap();
        }
        leaks.options.every_ms = 0;
        busy_end();
}

static bool in_place(struct recorder *recorder, enum wire_scan_why why, const struct leak_stop *stop,
                     struct leak_sum *ret_sum)
{
        struct leak_roots roots = {0};
        bool known = leak_roots_collect(&roots, stop);

        if (known) {
                struct leak_scan_info info = {
                        .number = ++leaks.number,
                        .why = why,
                        .flags = flags_of(stop) | WIRE_SCAN_IN_PLACE,
                        .who = leaks.options.who,
                        .time_ns = stop->held_ns,
                };

                leaks_scan(recorder, &roots, &info, ret_sum);
        }
        leak_roots_free(&roots);
        return known;
}

/* A thread that is not held may unmap what is being read: then it is a copy that is scanned. */
static bool by_child(enum wire_scan_why why, const struct leak_self *self, struct leak_sum *ret_sum)
{
        uint64_t end_ns = recorder_now_ns() + SCAN_WAIT_NS;

        if (!child_reap())
                return false;
        scan_apart(why, 0, self, false);
        if (!atomic_load(&leaks.child))
                return false;
        while (!child_reap()) {
                if (recorder_now_ns() > end_ns)
                        platform_syscall(SYS_kill, atomic_load(&leaks.child), SIGKILL, 0, 0, 0, 0);
                nap();
        }
        *ret_sum = leaks.shared->sum;
        return leaks.voice_begun;
}

bool leaks_now(struct recorder *recorder, enum wire_scan_why why, const struct leak_self *self,
               struct leak_sum *ret_sum)
{
        static struct leak_stop stop;
        bool all_stand, known = false;

        if (!can_scan() || !leak_stop_open() || !busy_wait())
                return false;
        all_stand = leak_stop_begin(&stop, self) && !stop.silent && !stop.incomplete;
        if (all_stand)
                known = in_place(recorder, why, &stop, ret_sum);
        leak_stop_end(&stop);
        if (!all_stand)
                known = by_child(why, self, ret_sum);
        busy_end();
        return known;
}

/* What parent and child share of a forked process is its own: what it inherited is its parent's. */
static bool shared_renew(void)
{
        return !leaks.shared || mmap(leaks.shared, sizeof *leaks.shared, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void leaks_after_fork(void)
{
        leaks.pid = (uint32_t)thread_pid;
        leaks.open = leaks.open && shared_renew();
        leaks.number = 0;
        leaks.voice_begun = false;
        recorder_after_fork(&leaks.voice);
        leaks.child_request = 0;
        helper_after_fork();
        atomic_store(&leaks.child, 0);
        atomic_store(&leaks.busy, false);
        channel_wake_by(atomic_load(&leaks.signal_ns) ? (uint32_t)leak_signal_ready() : 0);
}
