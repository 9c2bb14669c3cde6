/* Slots are read while their owners may write: `bytes` is loaded with acquire, which pairs with the encoder's release,
 * and everything below it is whole. */
#include "analyzer/input/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/input/resident.h"
#include "analyzer/xalloc.h"
#include "wire/session.h"

/* The memory of a new file; NULL: errno says why. It is had now and not when it is written to: if the file system is
 * full by then, that is SIGBUS, for the program most likely. */
static void *file_make(const char *path, uint64_t *ret_inode)
{
        void *base = MAP_FAILED;
        struct stat facts;
        int fd, trouble;

        /* Never the file of an earlier reader: processes may have it mapped still, and truncated it would kill them. */
        unlink(path);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return NULL;
        trouble = posix_fallocate(fd, 0, SESSION_BYTES);
        if (!trouble && fstat(fd, &facts) == 0)
                base = mmap(NULL, SESSION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (base == MAP_FAILED) {
                trouble = trouble ? trouble : errno;
                unlink(path);
        }
        close(fd);
        errno = trouble;
        if (base == MAP_FAILED)
                return NULL;
        *ret_inode = facts.st_ino;
        return base;
}

bool session_create(struct session *session, const char *pipe_path)
{
        char *path = xasprintf("%s.shared", pipe_path);
        uint64_t inode = 0;
        void *base = file_make(path, &inode);

        if (!base) {
                free(path);
                return false;
        }

        struct session_header *header = base;
        struct stat space;

        header->pid_space = stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
        header->version = SESSION_VERSION;
        header->slot_count = SESSION_SLOTS;
        atomic_store(&header->next_process, 1);
        atomic_store(&header->reader_pid, (uint32_t)getpid());
        atomic_store(&header->reader_beat, 1);
        /* Last and with release: whoever sees the magic sees the rest. */
        atomic_thread_fence(memory_order_release);
        header->magic = SESSION_MAGIC;
        *session = (struct session){base, path, inode, xcalloc(SESSION_SLOTS, sizeof(uint64_t)), 0, 0, 0};
        return true;
}

void session_beat(struct session *session)
{
        struct session_header *header = session->base;

        atomic_fetch_add_explicit(&header->reader_beat, 1, memory_order_relaxed);
}

void session_clock_go(struct session *session, int64_t now_ms)
{
        struct session_header *header = session->base;

        if (now_ms == session->clock_ms)
                return;
        session->clock_ms = now_ms;
        if (++session->clock == 0)
                session->clock = 1;
        atomic_store_explicit(&header->clock, session->clock, memory_order_relaxed);
}

void session_clock_stop(struct session *session)
{
        struct session_header *header = session->base;

        session->clock_ms = 0;
        atomic_store_explicit(&header->clock, 0, memory_order_relaxed);
}

bool session_clock_goes(const struct session *session)
{
        return session->clock_ms != 0;
}

void session_close(struct session *session)
{
        struct session_header *header = session->base;

        if (!header)
                return;
        session_clock_stop(session);
        atomic_store(&header->reader_pid, 0);
        munmap(session->base, SESSION_BYTES);
        unlink(session->path);
        free(session->path);
        free(session->suspect);
        *session = (struct session){0};
}

struct process_stat {
        char state;
        unsigned long threads;
        unsigned long long start;
};

/* The 1st, 18th and 20th word behind the name, which may itself hold anything. */
static bool parse_stat(const char *stat, struct process_stat *ret_stat)
{
        const char *at = strrchr(stat, ')');
        struct process_stat parsed;

        if (!at || sscanf(at + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %*s %llu",
                          &parsed.state, &parsed.threads, &parsed.start) != 3)
                return false;
        *ret_stat = parsed;
        return true;
}

/* False: it is gone. What cannot be read is left as zeros. */
static bool process_stat(uint32_t pid, struct process_stat *ret_stat)
{
        char path[64], stat[1024];

        *ret_stat = (struct process_stat){0};
        if (pid == 0 || (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
                return false;
        snprintf(path, sizeof path, "/proc/%u/stat", pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return errno != ENOENT;
        ssize_t bytes = read(fd, stat, sizeof stat - 1);

        close(fd);
        if (bytes <= 0)
                return false;
        stat[bytes] = '\0';
        parse_stat(stat, ret_stat);
        return true;
}

/* The first thread is a zombie as well when it has ended before the others (pthread_exit in main). */
static bool is_zombie(const struct process_stat *stat)
{
        return stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
}

bool session_process_lives(uint32_t pid, uint64_t start)
{
        struct process_stat stat;

        return process_stat(pid, &stat) && !is_zombie(&stat) && (start == 0 || !stat.start || start == stat.start);
}

/* A process that has executed another program lives, but is none of ours any more. One whose maps cannot be read (it
 * has changed its user, say) is taken for such: to wait for it could be to wait for ever. */
static bool process_maps(uint32_t pid, ino_t inode)
{
        char path[64], *line = NULL;
        size_t line_bytes = 0;
        bool found = false;
        struct process_stat stat;
        FILE *maps;

        snprintf(path, sizeof path, "/proc/%u/maps", pid);
        maps = fopen(path, "re");
        if (!maps)
                return false;
        /* Those of a first thread that has ended are gone, and no other thread of it executes anything. */
        if (process_stat(pid, &stat) && stat.state == 'Z' && !is_zombie(&stat))
                found = true;
        while (!found && getline(&line, &line_bytes, maps) > 0) {
                unsigned long long mapped;

                found = sscanf(line, "%*s %*s %*s %*s %llu", &mapped) == 1 && mapped == inode;
        }
        free(line);
        fclose(maps);
        return found;
}

enum session_owners session_owners(const struct session *session)
{
        enum session_owners owners = SESSION_NONE;

        for (unsigned i = 0; i < SESSION_SLOTS; i++) {
                struct session_slot *slot = session_slot(session->base, i);

                if (!atomic_load(&slot->owner) || slot->pid == SESSION_PID_APART ||
                    !session_process_lives(slot->pid, slot->pid_start))
                        continue;
                if (process_maps(slot->pid, session->inode))
                        return SESSION_SOME;
                owners = SESSION_EXECUTED;
        }
        return owners;
}

/* Of a process in another PID namespace nobody knows: it is taken for alive, and its slots are looked at in the end. */
static bool owner_lives(const struct session_slot *slot)
{
        return slot->pid == SESSION_PID_APART || session_process_lives(slot->pid, slot->pid_start);
}

static void slot_free(struct session *session, unsigned index)
{
        struct session_header *header = session->base;
        struct session_slot *slot = session_slot(session->base, index);
        bool handed = atomic_load(&slot->ticket) != 0;

        session->suspect[index] = 0;
        slot->pid = 0;
        atomic_store(&slot->bytes, 0);
        atomic_store(&slot->ticket, 0);
        atomic_store(&slot->owner, 0);
        if (handed)
                atomic_fetch_add(&header->collected, 1);
}

/* The length is written into a frame only when it is sent, so here it is set from the slot. The owner may live, send
 * the frame and begin another meanwhile: a copy that may be of two is dropped, for the first has come through the pipe.
 */
static void take_slot(struct session *session, unsigned index, session_frame_taker *take, void *context)
{
        uint8_t frame[WIRE_FRAME_BYTES_MAX];
        const uint8_t *source = session_frame(session->base, index);
        _Atomic uint32_t *published = &session_slot(session->base, index)->bytes;
        uint32_t bytes = atomic_load_explicit(published, memory_order_acquire);

        if (bytes <= WIRE_HEADER_BYTES || bytes > WIRE_FRAME_BYTES_MAX)
                return;
        memcpy(frame, source, bytes);
        /* Acquire: what follows is read after the copy. The header of the next frame is written while `bytes` is 0. */
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load(published) < bytes || memcmp(frame + 2, source + 2, WIRE_HEADER_BYTES - 2) != 0)
                return;
        frame[0] = (uint8_t)bytes;
        frame[1] = (uint8_t)(bytes >> 8);
        take(context, frame, bytes);
}

uint64_t session_unshared(const struct session *session)
{
        const struct session_header *header = session->base;

        return atomic_load(&header->unshared);
}

uint64_t session_handed(const struct session *session)
{
        const struct session_header *header = session->base;

        return atomic_load(&header->handed);
}

struct handed {
        uint64_t ticket;
        unsigned index;
};

static int by_ticket(const void *a, const void *b)
{
        const struct handed *left = a, *right = b;

        return (left->ticket > right->ticket) - (left->ticket < right->ticket);
}

void session_collect(struct session *session, uint64_t ticket_max, session_frame_taker *take, void *context)
{
        struct handed handed[SESSION_SLOTS];
        size_t count = 0;

        for (unsigned i = 0; i < SESSION_SLOTS; i++) {
                /* Acquire: pairs with the release of the owner, so that the frame is there. */
                uint64_t ticket = atomic_load_explicit(&session_slot(session->base, i)->ticket, memory_order_acquire);

                if (ticket && ticket <= ticket_max)
                        handed[count++] = (struct handed){ticket, i};
        }
        qsort(handed, count, sizeof handed[0], by_ticket);
        for (size_t i = 0; i < count; i++) {
                take_slot(session, handed[i].index, take, context);
                slot_free(session, handed[i].index);
        }
}

/* A process that executes another program keeps its pid; its slots are then those of a dead one. */
static bool was_replaced(const struct session *session, const struct session_slot *slot, uint64_t owner)
{
        for (unsigned i = 0; i < SESSION_SLOTS && slot->pid != SESSION_PID_APART; i++) {
                const struct session_slot *other = session_slot(session->base, i);

                if (other->pid == slot->pid && atomic_load(&other->owner) >> 32 > owner >> 32)
                        return true;
        }
        return false;
}

static void salvage_slot(struct session *session, unsigned index, bool all, session_frame_taker *take, void *context)
{
        struct session_slot *slot = session_slot(session->base, index);
        uint64_t owner = atomic_load(&slot->owner);
        bool lives = owner && owner_lives(slot) && !was_replaced(session, slot, owner);
        bool suspected = session->suspect[index] == owner;

        session->suspect[index] = lives ? 0 : owner;
        /* What was handed over has its turn, wherever its process is by now. */
        if (owner == 0 || atomic_load(&slot->ticket) || (!all && (lives || !suspected)))
                return;
        take_slot(session, index, take, context);
        if (!lives)
                slot_free(session, index);
}

void session_answer(struct session *session)
{
        struct session_measure *measure = session_measure(session->base);
        /* Acquire: pairs with the release of the process, so that its ranges are there. */
        uint64_t state = atomic_load_explicit(&measure->state, memory_order_acquire), pid = state >> 8;
        uint64_t begun = pid << 8 | SESSION_BEGUN;

        if ((state & 0xff) != SESSION_ASKED || !atomic_compare_exchange_strong(&measure->state, &state, begun))
                return;
        measure->known = resident_answer((uint32_t)pid, session->inode, session->base);
        /* Release: the process sees the answer. */
        if (!atomic_compare_exchange_strong(&measure->state, &begun, pid << 8 | SESSION_ANSWERED))
                atomic_store(&measure->state, SESSION_FREE);
}

/* A process that died while it was its turn leaves the place to others. */
static void free_measure(struct session *session)
{
        struct session_measure *measure = session_measure(session->base);
        uint64_t state = atomic_load(&measure->state);
        bool dead = state != SESSION_FREE && !session_process_lives((uint32_t)(state >> 8), 0);

        if (dead && state == session->suspect_measure)
                atomic_compare_exchange_strong(&measure->state, &state, SESSION_FREE);
        session->suspect_measure = state;
}

void session_peek(struct session *session, session_frame_taker *take, void *context)
{
        for (unsigned i = 0; i < SESSION_SLOTS; i++)
                if (atomic_load(&session_slot(session->base, i)->owner) &&
                    !atomic_load(&session_slot(session->base, i)->ticket))
                        take_slot(session, i, take, context);
}

void session_salvage(struct session *session, bool all, session_frame_taker *take, void *context)
{
        if (all)
                session_collect(session, session_handed(session), take, context);
        for (unsigned i = 0; i < SESSION_SLOTS; i++)
                salvage_slot(session, i, all, take, context);
        free_measure(session);
}
