/* The pipe and the shared memory. Everything here is a plain system call: libc's wrappers would be cancellation points.
 */
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

enum { DESCRIPTOR_MIN = 1000, WAIT_MS = 50, PATH_BYTES = 256 };

static struct {
        char path[PATH_BYTES];
        bool drop;
        unsigned stall_ms;
        _Atomic int descriptor; /* -1: closed */
        _Atomic bool stalled;   /* the reader hangs: do not wait for it again until a frame gets through */
        dev_t device;
        ino_t inode;
        struct session_header *session; /* NULL: the reader offers none */
        uint32_t pid;                   /* asked for when a process begins: a sandbox may forbid it later */
} channel = {.descriptor = -1};

_Atomic bool channel_ended;

static int64_t now_ms(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * 1000 + time.tv_nsec / 1000000;
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

bool channel_open(const char *path, bool drop, unsigned stall_ms)
{
        struct stat status;
        int descriptor;

        if (strlen(path) >= PATH_BYTES)
                return false;
        strcpy(channel.path, path);
        channel.drop = drop;
        channel.stall_ms = stall_ms;
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
        return true;
}

uint32_t channel_process_new(void)
{
        channel.pid = (uint32_t)syscall(SYS_getpid);
        if (channel.session)
                return atomic_fetch_add(&channel.session->next_process, 1);
        return channel.pid | UINT32_C(1) << 31;
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

static bool slot_claim_shared(struct channel_slot *slot, uint64_t owner)
{
        static _Atomic uint32_t hint;

        for (unsigned i = 0, index = hint; i < SESSION_SLOTS; i++, index++) {
                struct session_slot *shared = session_slot(channel.session, index % SESSION_SLOTS);
                uint64_t none = 0;

                if (atomic_load_explicit(&shared->owner, memory_order_relaxed) != 0)
                        continue;
                if (!atomic_compare_exchange_strong(&shared->owner, &none, owner))
                        continue;
                atomic_store(&shared->bytes, 0);
                shared->pid = channel.pid;
                slot->shared = shared;
                slot->bytes = &shared->bytes;
                slot->frame = session_frame(channel.session, index % SESSION_SLOTS);
                hint = index + 1;
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

void channel_release(struct channel_slot *slot)
{
        if (slot->shared) {
                atomic_store(&slot->shared->bytes, 0);
                atomic_store(&slot->shared->owner, 0);
        } else if (slot->frame) {
                munmap(slot->frame, WIRE_FRAME_BYTES_MAX);
        }
        slot->frame = NULL;
        slot->shared = NULL;
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

static uint64_t reader_beat(void)
{
        return channel.session ? atomic_load(&channel.session->reader_beat) : 0;
}

static bool reader_is_gone(void)
{
        uint32_t pid;

        if (!channel.session)
                return false;
        pid = atomic_load(&channel.session->reader_pid);
        return pid == 0 || (syscall(SYS_kill, pid, 0) != 0 && errno == ESRCH);
}

static bool channel_end(void)
{
        atomic_store(&channel_ended, true);
        return false;
}

/* The pipe is full. True: try again. Waits as long as the reader shows signs of life. */
static bool channel_wait(int descriptor, uint64_t *beat, int64_t *since_ms)
{
        struct pollfd poll_one = {.fd = descriptor, .events = POLLOUT};
        struct timespec timeout = {.tv_nsec = WAIT_MS * 1000000};

        if (reader_is_gone())
                return channel_end();
        if (channel.drop || atomic_load(&channel.stalled))
                return false;
        if (syscall(SYS_ppoll, &poll_one, 1, &timeout, NULL, 0) > 0)
                return true;
        if (*since_ms == 0 || reader_beat() != *beat) {
                *beat = reader_beat();
                *since_ms = now_ms();
        } else if (now_ms() - *since_ms > channel.stall_ms) {
                atomic_store(&channel.stalled, true);
                return false;
        }
        return true;
}

bool channel_send(const uint8_t *frame, size_t byte_count)
{
        uint64_t beat = 0;
        int64_t since_ms = 0;

        while (channel_is_open()) {
                int descriptor = descriptor_get();

                if (descriptor < 0)
                        return channel_end();
                if (syscall(SYS_write, descriptor, frame, byte_count) == (long)byte_count) {
                        if (UNLIKELY(atomic_load(&channel.stalled)))
                                atomic_store(&channel.stalled, false);
                        return true;
                }
                if (errno == EINTR)
                        continue;
                if (errno != EAGAIN || !channel_wait(descriptor, &beat, &since_ms))
                        return false;
        }
        return false;
}
