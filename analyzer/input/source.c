/* The reading loop. The beat must go on whatever happens, or the traced processes take us for dead. */
#include "analyzer/input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/input/cutter.h"
#include "analyzer/input/session.h"
#include "analyzer/xalloc.h"
#include "wire/session.h"

enum {
        PIPE_BYTES = 1 << 20,
        POLL_MS = 50,
        COLLECT_MS = 1, /* the same, while frames are handed over */
        TICK_MS = 100,
        SALVAGE_MS = 1000,
        EXEC_MS = 500, /* from exec to the constructor of the new program */
        NAP_US = 1000,
        CLOCK_WAITS_MS = 6,
        NAP_BELOW_BYTES = 256 * 1024,
        LAST_READS_MAX = 16, /* after a stop: what is in the pipe already, but not for ever */
};

struct source {
        int fd;
        bool is_file;
        bool writer_seen;
        struct session session; /* base NULL for a file */
        struct cutter cutter;
        struct raw_reader *raw;           /* NULL: it is no raw file */
        const struct source_calls *calls; /* while reading */
        uint64_t unshared;                /* known when the stream has ended */
        int64_t ticked_ms, salvaged_ms;
        int64_t executed_ms; /* when a process was last heard of that has not executed another program */
        uint64_t handed; /* the latest ticket of frames handed over, to be collected when the pipe is empty; 0: none */
        uint64_t collected;   /* up to this ticket */
        ssize_t before_bytes; /* what may be in the pipe of before that */
};

static int64_t now_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Not blocking: the other end is not there yet. */
struct source *source_open(const char *path)
{
        struct source *source = xcalloc(1, sizeof *source);
        struct stat facts;

        source->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (source->fd >= 0 && fstat(source->fd, &facts) == 0) {
                source->is_file = !S_ISFIFO(facts.st_mode);
                if (source->is_file || session_create(&source->session, path)) {
                        fcntl(source->fd, F_SETPIPE_SZ, PIPE_BYTES); /* a smaller one works too */
                        cutter_init(&source->cutter);
                        if (source->is_file && raw_is(source->fd))
                                source->raw = raw_reader_open(source->fd);
                        return source;
                }
        }

        int trouble = errno;

        if (source->fd >= 0)
                close(source->fd);
        free(source);
        errno = trouble;
        return NULL;
}

bool source_is_file(const struct source *source)
{
        return source->is_file;
}

void source_peek(struct source *source, void (*take)(void *context, const uint8_t *frame, size_t bytes), void *context)
{
        if (source->session.base)
                session_peek(&source->session, take, context);
}

struct session_snapshot *source_snapshot(struct source *source)
{
        return source->session.base ? session_snapshot(source->session.base) : NULL;
}

uint64_t source_unshared(const struct source *source)
{
        return source->unshared;
}

void source_beat(struct source *source)
{
        if (source->is_file)
                return;
        session_beat(&source->session);
        session_answer(&source->session);
        session_clock_stop(&source->session);
}

bool source_is_raw(const struct source *source)
{
        return source->raw != NULL;
}

void source_raw_damage(const struct source *source, struct raw_damage *ret)
{
        *ret = (struct raw_damage){0};
        if (source->raw)
                raw_reader_damage(source->raw, ret);
}

uint64_t source_damages(const struct source *source)
{
        return source->cutter.damages;
}

unsigned source_version_other(const struct source *source)
{
        return source->cutter.version_other;
}

void source_close(struct source *source)
{
        session_close(&source->session);
        cutter_free(&source->cutter);
        if (source->raw)
                raw_reader_close(source->raw);
        close(source->fd);
        free(source);
}

static void cut(struct source *source, bool last)
{
        const uint8_t *frame;
        size_t bytes;

        while ((frame = cutter_next(&source->cutter, last, &bytes))) {
                source->calls->frame(source->calls->context, frame, bytes, false);
                if (source->is_file)
                        continue;
                session_clock_go(&source->session, now_ms());
                session_answer(&source->session); /* a process waits, but not long */
        }
}

/* As read(2), with what was read handed on. */
static ssize_t fill(struct source *source)
{
        size_t room;
        uint8_t *at = cutter_room(&source->cutter, &room);
        ssize_t bytes = read(source->fd, at, room);

        if (bytes > 0) {
                source->writer_seen = true;
                cutter_filled(&source->cutter, (size_t)bytes);
                cut(source, false);
        }
        return bytes;
}

static void take_handed(void *context, const uint8_t *frame, size_t bytes)
{
        struct source *source = context;

        source->writer_seen = true;
        source->calls->frame(source->calls->context, frame, bytes, false);
}

static void take_salvaged(void *context, const uint8_t *frame, size_t bytes)
{
        struct source *source = context;

        source->calls->frame(source->calls->context, frame, bytes, true);
}

/* Frames that could not go through the pipe. `bytes` were read from it just now; at most PIPE_BYTES are in it. True:
 * some were collected, and there will soon be more. */
static bool collect(struct source *source, ssize_t bytes)
{
        uint64_t latest = session_handed(&source->session);

        if (!source->handed && latest == source->collected)
                return false;
        if (!source->handed) {
                source->handed = latest;
                source->before_bytes = PIPE_BYTES;
                return true;
        }
        source->before_bytes -= bytes > 0 ? bytes : source->before_bytes;
        if (source->before_bytes > 0)
                return true;
        session_collect(&source->session, source->handed, take_handed, source);
        source->collected = source->handed;
        source->handed = 0;
        return true;
}

static void housekeeping(struct source *source)
{
        int64_t now = now_ms();

        session_beat(&source->session);
        session_answer(&source->session);
        if (now - source->ticked_ms >= TICK_MS) {
                source->ticked_ms = now;
                source->calls->tick(source->calls->context);
        }
        if (now - source->salvaged_ms >= SALVAGE_MS) {
                source->salvaged_ms = now;
                session_salvage(&source->session, false, take_salvaged, source);
        }
}

/* Whether the stream has ended, now that nothing is in the pipe and nobody has it open. A process in the middle of
 * exec has closed its descriptor, and may be back soon; one that has closed all its descriptors will be back when it
 * has something to say. */
static bool nobody_left(struct source *source, const struct ending *ending)
{
        enum session_owners owners = session_owners(&source->session);
        int64_t now = now_ms();

        if (owners != SESSION_EXECUTED)
                source->executed_ms = now;
        session_clock_stop(&source->session);
        if (owners == SESSION_SOME || (owners == SESSION_EXECUTED && now - source->executed_ms < EXEC_MS)) {
                poll(NULL, 0, POLL_MS / 2); /* poll(2) on the pipe would not wait: it hangs up for good */
                return false;
        }
        return source->writer_seen || ending->over;
}

static uint64_t file_bytes(const struct source *source)
{
        struct stat facts;

        return fstat(source->fd, &facts) == 0 && facts.st_size > 0 ? (uint64_t)facts.st_size : 0;
}

static enum source_end read_raw(struct source *source, const volatile sig_atomic_t *stop)
{
        const struct source_calls *calls = source->calls;
        uint64_t all = file_bytes(source), told = 0;
        bool salvaged = false;

        while (!*stop) {
                const uint8_t *frame;
                size_t bytes;
                struct raw_note note;

                switch (raw_reader_next(source->raw, &frame, &bytes, &note)) {
                case RAW_ITEM_FRAME:
                        calls->frame(calls->context, frame, bytes, salvaged);
                        salvaged = false;
                        break;
                case RAW_ITEM_NOTE:
                        if (note.kind == RAW_SALVAGED)
                                salvaged = true;
                        else
                                calls->note(calls->context, &note);
                        break;
                case RAW_ITEM_FAILED:
                        return SOURCE_FAILED;
                default:
                        return SOURCE_ENDED;
                }
                if (told != raw_reader_offset(source->raw)) {
                        told = raw_reader_offset(source->raw);
                        calls->progress(calls->context, told, all);
                }
        }
        return SOURCE_STOPPED;
}

static enum source_end read_file(struct source *source, const volatile sig_atomic_t *stop)
{
        uint64_t all = file_bytes(source), done = 0;
        ssize_t bytes;

        while ((bytes = fill(source)) > 0) {
                if (*stop)
                        return SOURCE_STOPPED;
                source->calls->progress(source->calls->context, done += (uint64_t)bytes, all);
        }
        cut(source, true);
        return bytes < 0 ? SOURCE_FAILED : SOURCE_ENDED;
}

/* As poll(2), with the clock of the traced processes kept going for a little while and then stopped: a program that
 * computes for some milliseconds is not done yet. */
static int poll_ticking(struct session *session, struct pollfd fds[2], int milliseconds)
{
        for (int i = 0; i < CLOCK_WAITS_MS && session_clock_goes(session); i++) {
                int ready = poll(fds, 2, 1);

                session_clock_go(session, now_ms());
                if (ready)
                        return ready;
        }
        session_clock_stop(session);
        return poll(fds, 2, milliseconds);
}

/* For bytes in the pipe or the ending, which is read: before the pipe, for a program that has ended has written all it
 * will. False: errno says why. */
static bool wait_for(struct source *source, struct ending *ending, int milliseconds)
{
        struct pollfd fds[] = {{.fd = source->fd, .events = POLLIN}, {.fd = ending->fd, .events = POLLIN}};

        if (poll_ticking(&source->session, fds, milliseconds) < 0 && errno != EINTR)
                return false;
        if (fds[0].revents & POLLHUP)
                source->writer_seen = true;
        ending_read(ending);
        return true;
}

/* While the stream flows, let it gather: to wake us for each frame costs the program a switch. */
static void nap(struct session *session)
{
        usleep(NAP_US);
        session_clock_go(session, now_ms());
}

static enum source_end read_pipe(struct source *source, struct ending *ending, const volatile sig_atomic_t *stop)
{
        bool collecting = false;
        ssize_t bytes = 0;

        while (!*stop) {
                housekeeping(source);
                /* Where something came just now there is most likely more, which reading tells as well. */
                if (bytes <= 0 && !wait_for(source, ending, collecting ? COLLECT_MS : POLL_MS))
                        return SOURCE_FAILED;
                bytes = fill(source);

                if (bytes < 0 && errno != EAGAIN && errno != EINTR)
                        return SOURCE_FAILED;
                collecting = collect(source, bytes);
                if (bytes != 0)
                        source->executed_ms = now_ms();
                else if (nobody_left(source, ending))
                        return SOURCE_ENDED;
                if (bytes > 0 && bytes < NAP_BELOW_BYTES)
                        nap(&source->session);
        }
        for (int i = 0; i < LAST_READS_MAX && fill(source) > 0; i++)
                ;
        return SOURCE_STOPPED;
}

enum source_end source_read(struct source *source, const struct source_calls *calls, struct ending *ending,
                            const volatile sig_atomic_t *stop)
{
        enum source_end end;

        source->calls = calls;
        if (source->is_file)
                return source->raw ? read_raw(source, stop) : read_file(source, stop);
        end = read_pipe(source, ending, stop);
        cut(source, true);
        session_salvage(&source->session, true, take_salvaged, source);
        source->unshared = session_unshared(&source->session);
        session_close(&source->session); /* from now on nobody need wait for us */
        return end;
}
