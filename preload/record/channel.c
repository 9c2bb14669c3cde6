/* The pipe and the shared memory. Everything here is a plain system call: libc's wrappers would be cancellation points.
 *
 * How long a thread waits. By default as long as the reader shows signs of life; when it has shown none for stall_ms,
 * all processes stop waiting until it does. With `drop`, for DROP_WAIT_NS at most, and for a DROP_SHARE-th of all time
 * at most: else a reader that is merely slow would slow the program down to its own speed, stall by stall. */
#define _GNU_SOURCE
#include "preload/record/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/platform.h"
#include "wire/session.h"

enum {
        DESCRIPTOR_MIN = 1000,
        DESCRIPTOR_TRIES = 3, /* a thread of the program may close what another of ours has just looked at */
        PATH_BYTES = 256,
        WAIT_NS = 50000000, /* between looks at the reader */
        NAP_NS = 1000000,   /* while all slots wait to be taken */
        DROP_WAIT_NS = 50000000,
        DROP_SHARE = 20,
};

static struct {
        char path[PATH_BYTES];
        bool drop;
        bool quiet;
        int64_t stall_ns;
        _Atomic int descriptor;     /* -1: closed */
        _Atomic bool stalled;       /* the last wait was in vain: do not wait again until a frame gets through */
        _Atomic int64_t drop_begin; /* waiting is allowed for a DROP_SHARE-th of the time since then */
        dev_t device;
        ino_t inode;
        struct session_header *session; /* NULL: the reader offers none */
        uint32_t pid;                   /* asked for when a process begins: a sandbox may forbid it later */
        _Atomic uint32_t wake_signal;
        bool apart; /* in another PID namespace than the reader: pids mean nothing to each other */
} channel = {.descriptor = -1};

_Atomic bool channel_ended;

static int64_t now_ns(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static bool descriptor_is_ours(int descriptor)
{
        struct stat status;

        return descriptor >= 0 && syscall(SYS_fstat, descriptor, &status) == 0 && status.st_ino == channel.inode &&
               status.st_dev == channel.device;
}

/* Moves a descriptor out of the program's way, as high as its limit allows. */
static int descriptor_move_high(int descriptor)
{
        int high = -1;

        for (int min = DESCRIPTOR_MIN; high < 0 && min >= 100; min /= 2)
                high = fcntl(descriptor, F_DUPFD_CLOEXEC, min);
        if (high < 0)
                return descriptor;
        syscall(SYS_close, descriptor);
        return high;
}

static int fifo_open(void)
{
        int descriptor = (int)syscall(SYS_openat, AT_FDCWD, channel.path, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);

        return descriptor < 0 ? -1 : descriptor_move_high(descriptor);
}

/* As fifo_open, but only if somebody has the FIFO open for reading. The descriptor that asks is held until ours is
 * there: closed before, it would be the end of the stream to the reader. */
static int fifo_open_first(void)
{
        int asking = (int)syscall(SYS_openat, AT_FDCWD, channel.path, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
        int descriptor;

        if (asking < 0)
                return -1;
        descriptor = fifo_open();
        syscall(SYS_close, asking);
        return descriptor;
}

static void session_map(void)
{
        char path[PATH_BYTES + 8];
        struct stat status;
        int descriptor;

        strcpy(path, channel.path);
        strcat(path, ".shared");
        descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        if (descriptor < 0)
                return;
        if (syscall(SYS_fstat, descriptor, &status) == 0 && status.st_size == SESSION_BYTES) {
                void *memory = mmap(NULL, SESSION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);

                if (memory != MAP_FAILED) {
                        struct session_header *session = memory;

                        if (session->magic == SESSION_MAGIC && session->version == SESSION_VERSION)
                                channel.session = session;
                        else
                                munmap(memory, SESSION_BYTES);
                }
        }
        syscall(SYS_close, descriptor);
}

/* Whether this process and the reader know each other by the same pids; that they do if it cannot be known. */
static bool pids_are_apart(void)
{
        char target[64] = "";
        uint64_t space = 0;

        if (!channel.session || !channel.session->pid_space ||
            syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", target, sizeof target - 1) <= 0)
                return false;
        for (const char *at = target; *at; at++)
                if (*at >= '0' && *at <= '9')
                        space = space * 10 + (uint64_t)(*at - '0');
        return space != channel.session->pid_space;
}

bool channel_open(const char *path, bool drop, unsigned stall_ms)
{
        struct stat status;
        int descriptor;

        if (strlen(path) >= PATH_BYTES)
                return false;
        strcpy(channel.path, path);
        channel.drop = drop;
        channel.stall_ns = stall_ms * INT64_C(1000000);
        descriptor = fifo_open_first();
        if (descriptor < 0)
                return false;
        if (syscall(SYS_fstat, descriptor, &status) != 0 || !S_ISFIFO(status.st_mode)) {
                syscall(SYS_close, descriptor);
                return false;
        }
        channel.device = status.st_dev;
        channel.inode = status.st_ino;
        atomic_store(&channel.descriptor, descriptor);
        session_map();
        channel.apart = pids_are_apart();
        return true;
}

uint32_t channel_process_new(void)
{
        bool forked = channel.pid != 0;

        channel.pid = (uint32_t)syscall(SYS_getpid);
        if (forked && !channel.quiet && syscall(SYS_getppid) == 0)
                channel.apart = true; /* the parent is not in this namespace */
        if (channel.session)
                return atomic_fetch_add(&channel.session->next_process, 1);
        return channel.pid | UINT32_C(1) << 31;
}

void channel_be_quiet(void)
{
        channel.quiet = true;
        channel_wake_by(0);
}

bool channel_is_quiet(void)
{
        return channel.quiet;
}

bool channel_is_apart(void)
{
        return channel.apart;
}

uint32_t channel_pid(void)
{
        return channel.pid;
}

struct session_header *channel_session(void)
{
        bool read = channel.session && channel_is_open() && atomic_load(&channel.session->reader_pid);

        return read ? channel.session : NULL;
}

int channel_descriptor(void)
{
        return atomic_load(&channel.descriptor);
}

void channel_wake_by(uint32_t signal)
{
        atomic_store(&channel.wake_signal, signal);
        for (unsigned i = 0; channel.session && i < SESSION_SLOTS; i++) {
                struct session_slot *slot = session_slot(channel.session, i);

                if (atomic_load(&slot->owner) && slot->pid == channel.pid)
                        atomic_store(&slot->wake_signal, signal);
        }
}

/* Where the search for a free slot begins: at the one that was freed last, whose memory is there already. */
static _Atomic uint32_t slot_hint;

static bool slot_claim_shared(struct channel_slot *slot, uint64_t owner)
{
        for (unsigned i = 0, index = slot_hint; i < SESSION_SLOTS; i++, index++) {
                struct session_slot *shared = session_slot(channel.session, index % SESSION_SLOTS);
                uint64_t none = 0;

                if (atomic_load_explicit(&shared->owner, memory_order_relaxed) != 0)
                        continue;
                if (!atomic_compare_exchange_strong(&shared->owner, &none, owner))
                        continue;
                atomic_store(&shared->bytes, 0);
                atomic_store(&shared->ticket, 0);
                shared->pid = channel.apart ? SESSION_PID_APART : channel.pid;
                atomic_store(&shared->wake_signal, atomic_load(&channel.wake_signal));
                slot->shared = shared;
                slot->bytes = &shared->bytes;
                slot->frame = session_frame(channel.session, index % SESSION_SLOTS);
                slot_hint = index + 1;
                return true;
        }
        return false;
}

bool channel_claim(struct channel_slot *slot, uint32_t process, uint32_t thread)
{
        if (channel.session && slot_claim_shared(slot, (uint64_t)process << 32 | thread))
                return true;
        slot->shared = NULL;
        slot->bytes = &slot->private_bytes;
        slot->frame = mmap(NULL, WIRE_FRAME_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (slot->frame == MAP_FAILED)
                slot->frame = NULL;
        return slot->frame != NULL;
}

void channel_begin(const struct channel_slot *slot)
{
        if (UNLIKELY(!slot->shared && channel.session))
                atomic_fetch_add(&channel.session->unshared, 1);
}

void channel_release(struct channel_slot *slot)
{
        if (slot->shared) {
                atomic_store(&slot->shared->bytes, 0);
                slot->shared->pid = 0; /* whoever claims it next is not to be seen with our pid */
                atomic_store(&slot->shared->owner, 0);
                slot_hint = (uint32_t)(slot->shared - session_slot(channel.session, 0));
        } else if (slot->frame) {
                munmap(slot->frame, WIRE_FRAME_BYTES_MAX);
        }
        slot->frame = NULL;
        slot->shared = NULL;
}

void channel_after_fork(struct channel_slot *slot)
{
        if (!slot->shared && slot->frame)
                munmap(slot->frame, WIRE_FRAME_BYTES_MAX);
        memset(slot, 0, sizeof *slot);
}

/* The descriptor, opened again if the program closed it or put a file of its own there; -1: not to be had. */
static int descriptor_get(void)
{
        int descriptor = atomic_load(&channel.descriptor);

        if (LIKELY(descriptor_is_ours(descriptor)))
                return descriptor;
        descriptor = fifo_open();
        if (!descriptor_is_ours(descriptor)) {
                if (descriptor >= 0)
                        syscall(SYS_close, descriptor);
                return -1;
        }
        atomic_store(&channel.descriptor, descriptor);
        return descriptor;
}

static bool reader_is_gone(void)
{
        uint32_t pid;

        if (!channel.session)
                return false;
        pid = atomic_load(&channel.session->reader_pid);
        return pid == 0 || (!channel.quiet && !channel.apart && syscall(SYS_kill, pid, 0) != 0 && errno == ESRCH);
}

static void channel_end(void)
{
        atomic_store(&channel_ended, true);
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

struct wait {
        int64_t begin_ns;
        int64_t since_ns; /* of the reader's last sign of life */
        uint64_t beat;
};

static struct wait wait_begin(void)
{
        struct wait wait = {.begin_ns = now_ns()};

        wait.since_ns = wait.begin_ns;
        if (channel.session)
                wait.beat = atomic_load(&channel.session->reader_beat);
        return wait;
}

static bool reader_was_given_up(uint64_t beat)
{
        return channel.session ? atomic_load(&channel.session->given_up) == beat : atomic_load(&channel.stalled);
}

static void reader_give_up(uint64_t beat)
{
        if (channel.session)
                atomic_store(&channel.session->given_up, beat);
        else
                atomic_store(&channel.stalled, true);
}

static int64_t patience_default(struct wait *wait, int64_t now)
{
        uint64_t beat = channel.session ? atomic_load(&channel.session->reader_beat) : 0;
        int64_t left;

        if (reader_was_given_up(beat))
                return 0;
        if (beat != wait->beat) {
                wait->beat = beat;
                wait->since_ns = now;
        }
        left = channel.stall_ns - (now - wait->since_ns);
        if (left <= 0)
                reader_give_up(beat);
        return left;
}

static int64_t patience_drop(const struct wait *wait, int64_t now)
{
        int64_t allowed = (wait->begin_ns - atomic_load(&channel.drop_begin)) / DROP_SHARE, left;

        if (atomic_load(&channel.stalled))
                return 0;
        left = (allowed < DROP_WAIT_NS ? allowed : DROP_WAIT_NS) - (now - wait->begin_ns);
        if (left <= 0)
                atomic_store(&channel.stalled, true);
        return left;
}

/* For how many nanoseconds more the thread may wait; not above 0: for none. */
static int64_t patience(struct wait *wait)
{
        int64_t now = now_ns(), left = channel.drop ? patience_drop(wait, now) : patience_default(wait, now);

        return left < WAIT_NS ? left : WAIT_NS;
}

/* Takes what was waited from what may be. */
static void wait_end(const struct wait *wait)
{
        int64_t waited_ns = now_ns() - wait->begin_ns, least = wait->begin_ns - (int64_t)DROP_WAIT_NS * DROP_SHARE;
        int64_t begin = atomic_load(&channel.drop_begin), next;

        do
                next = (begin < least ? least : begin) + waited_ns * DROP_SHARE;
        while (!atomic_compare_exchange_weak(&channel.drop_begin, &begin, next));
}

/* Waits until the pipe has room, or for so long. */
static void wait_for_room(int descriptor, int64_t ns)
{
        struct pollfd poll_one = {.fd = descriptor, .events = POLLOUT};
        struct timespec timeout = {.tv_nsec = ns};

        syscall(SYS_ppoll, &poll_one, descriptor < 0 ? 0 : 1, &timeout, NULL, 0);
}

/* --- the pipe ---------------------------------------------------------------------------------------------------- */

enum piped { PIPED, PIPE_FULL, PIPE_UNREACHABLE, PIPE_DEAD };

/* One try. A frame of at most PIPE_BUF bytes goes whole or not at all. */
static enum piped pipe_write(const uint8_t *frame, size_t byte_count, int *ret_descriptor)
{
        for (int tries = 0; tries < DESCRIPTOR_TRIES;) {
                int descriptor = descriptor_get();

                if (descriptor < 0)
                        break;
                if (syscall(SYS_write, descriptor, frame, byte_count) == (long)byte_count)
                        return PIPED;
                if (errno == EAGAIN) {
                        *ret_descriptor = descriptor;
                        return PIPE_FULL;
                }
                tries += errno != EINTR;
        }
        return PIPE_UNREACHABLE;
}

static enum piped pipe_send(const uint8_t *frame, size_t byte_count)
{
        int descriptor = -1;
        enum piped piped = pipe_write(frame, byte_count, &descriptor);

        if (LIKELY(piped == PIPED)) {
                if (UNLIKELY(atomic_load_explicit(&channel.stalled, memory_order_relaxed)))
                        atomic_store(&channel.stalled, false);
                return piped;
        }
        if (piped != PIPE_FULL)
                return piped;

        struct wait wait = wait_begin();
        int64_t ns;

        while (piped == PIPE_FULL) {
                if (reader_is_gone())
                        piped = PIPE_DEAD;
                else if ((ns = patience(&wait)) <= 0)
                        break;
                else {
                        wait_for_room(descriptor, ns);
                        piped = pipe_write(frame, byte_count, &descriptor);
                }
        }
        wait_end(&wait);
        return piped;
}

/* --- handing over ------------------------------------------------------------------------------------------------ */

static bool too_many_are_handed(void)
{
        struct session_header *session = channel.session;

        return atomic_load(&session->handed) - atomic_load(&session->collected) >= SESSION_HANDED_MAX;
}

static bool hand_wait(void)
{
        struct wait wait = wait_begin();
        int64_t ns;

        while (too_many_are_handed() && channel_is_open() && (ns = patience(&wait)) > 0) {
                if (reader_is_gone())
                        channel_end();
                else if (channel.quiet)
                        platform_pause();
                else
                        wait_for_room(-1, ns < NAP_NS ? ns : NAP_NS);
        }
        wait_end(&wait);
        return !too_many_are_handed();
}

/* The slot becomes another one, claimed before: a process without descriptor and without slot is over to the reader. */
static enum channel_sent hand_over(struct channel_slot *slot)
{
        struct session_slot *shared = slot->shared;

        if (!shared || (UNLIKELY(too_many_are_handed()) && !hand_wait()))
                return CHANNEL_LOST;
        if (!slot_claim_shared(slot, atomic_load_explicit(&shared->owner, memory_order_relaxed)))
                memset(slot, 0, sizeof *slot);
        /* Release: whoever sees the ticket sees the frame; see wire/session.h for the order. */
        atomic_store_explicit(&shared->ticket, atomic_fetch_add(&channel.session->handed, 1) + 1, memory_order_release);
        return CHANNEL_HANDED;
}

static bool reader_has_left(void)
{
        return channel.session && atomic_load_explicit(&channel.session->reader_pid, memory_order_relaxed) == 0;
}

enum channel_sent channel_send(struct channel_slot *slot, size_t byte_count, enum channel_way way)
{
        enum piped piped = PIPE_UNREACHABLE;

        if (UNLIKELY(!slot->shared && channel.session))
                atomic_fetch_sub(&channel.session->unshared, 1); /* what becomes of it will be told */
        if (!channel_is_open())
                return CHANNEL_LOST;
        if (way != CHANNEL_HAND && !channel.quiet)
                piped = pipe_send(slot->frame, byte_count);
        if (LIKELY(piped == PIPED))
                return CHANNEL_SENT;
        if (piped == PIPE_DEAD || reader_has_left()) {
                channel_end();
                return CHANNEL_LOST;
        }
        return piped == PIPE_FULL && way == CHANNEL_PIPE ? CHANNEL_LOST : hand_over(slot);
}
