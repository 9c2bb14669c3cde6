/* Parts go round: one is filled by the reader, the others are empty or wait for the thread.
 *
 * Level 3 of zstd takes a few nanoseconds an event, level 1 hardly less; levels above 5 take three times as long for
 * some hundredths. Sorting the bytes into columns is what makes them small. */
#include "analyzer/input/raw_writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "analyzer/xalloc.h"
#include "wire/wire.h"

enum {
        PARTS = 4,
        LEVEL = 3,
        WAIT_MS = 50,
        OLD_MS = 5000,
};

/* As it is gathered: whole frames one after the other. */
struct part {
        uint8_t *frames;
        size_t frame_bytes;
        uint32_t frame_count;
        uint8_t *notes;
        size_t note_bytes;
        int64_t begun_ms;
};

struct raw_writer {
        struct part part[PARTS];
        uint64_t filled, emptied; /* parts so far; guarded by lock, but the reader alone changes `filled` */
        bool started, ended;      /* guarded by lock, as is: */
        int trouble;              /* an errno; nothing is written any more */
        pthread_mutex_t lock;
        pthread_cond_t changed;
        pthread_t thread;
        void (*waiting)(void *context);
        void *context;

        int fd; /* once started */

        /* The thread's own. */
        ZSTD_CCtx *compressor;
        struct columns columns;
        uint8_t *packed;
        size_t packed_room;
        uint32_t number;
        off_t good_bytes; /* that are written of the file */
};

static struct timespec time_now(int ms_more)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        now.tv_nsec += (long)ms_more * 1000000;
        now.tv_sec += now.tv_nsec / 1000000000;
        now.tv_nsec %= 1000000000;
        return now;
}

static int64_t now_ms(void)
{
        struct timespec now = time_now(0);

        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* --- the thread */

static void split(struct columns *columns, const struct part *part)
{
        const uint8_t *end = part->frames + part->frame_bytes;

        for (size_t i = 0; i < COLUMNS; i++)
                columns->count[i] = 0;
        for (const uint8_t *frame = part->frames; frame < end;) {
                size_t bytes = frame[0] | (size_t)frame[1] << 8;

                columns_split(columns, frame, bytes);
                frame += bytes;
        }
}

static bool feed(struct raw_writer *writer, ZSTD_outBuffer *to, const void *bytes, size_t count, ZSTD_EndDirective end)
{
        ZSTD_inBuffer from = {bytes, count, 0};
        size_t left = ZSTD_compressStream2(writer->compressor, to, &from, end);

        return !ZSTD_isError(left) && from.pos == count && (end != ZSTD_e_end || left == 0);
}

/* Into `packed`, behind the room for a header. Returns how many bytes; 0: it fails, which it cannot. */
static size_t pack(struct raw_writer *writer, const struct part *part, uint32_t *ret_bytes)
{
        struct columns *columns = &writer->columns;
        uint8_t lengths[RAW_LENGTHS_BYTES];
        ZSTD_outBuffer to = {writer->packed + RAW_HEADER_BYTES, writer->packed_room - RAW_HEADER_BYTES, 0};
        size_t bytes = RAW_LENGTHS_BYTES + part->note_bytes;
        bool good = true;

        split(columns, part);
        for (size_t i = 0; i < COLUMNS; i++) {
                raw_put_32(lengths + 4 * i, (uint32_t)columns->count[i]);
                bytes += columns->count[i];
        }
        raw_put_32(lengths + 4 * COLUMNS, (uint32_t)part->note_bytes);
        ZSTD_CCtx_reset(writer->compressor, ZSTD_reset_session_only);
        ZSTD_CCtx_setPledgedSrcSize(writer->compressor, bytes);
        good &= feed(writer, &to, lengths, sizeof lengths, ZSTD_e_continue);
        for (size_t i = 0; i < COLUMNS; i++) /* a flush ends the block: each column has statistics of its own */
                good &= feed(writer, &to, columns->bytes[i], columns->count[i], ZSTD_e_flush);
        good &= feed(writer, &to, part->notes, part->note_bytes, ZSTD_e_end);
        *ret_bytes = (uint32_t)bytes;
        return good ? to.pos : 0;
}

static bool write_all(int fd, const uint8_t *bytes, size_t count)
{
        while (count) {
                ssize_t written = write(fd, bytes, count);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written <= 0)
                        return false;
                bytes += written;
                count -= (size_t)written;
        }
        return true;
}

/* Returns 0 or an errno. */
static int write_part(struct raw_writer *writer, const struct part *part)
{
        struct raw_part header = {.number = writer->number++, .frames = part->frame_count};
        size_t packed = pack(writer, part, &header.bytes);

        if (!packed)
                return ENOMEM;
        header.packed_bytes = (uint32_t)packed;
        raw_header_write(&header, writer->packed);
        if (!write_all(writer->fd, writer->packed, RAW_HEADER_BYTES + packed)) {
                int trouble = errno;

                /* Half a part is of no use. That this fails if it is no file does not matter. */
                (void)!ftruncate(writer->fd, writer->good_bytes);
                return trouble;
        }
        writer->good_bytes += (off_t)(RAW_HEADER_BYTES + packed);
        return 0;
}

static void *work(void *context)
{
        struct raw_writer *writer = context;

        pthread_mutex_lock(&writer->lock);
        for (;;) {
                if (!writer->started || writer->emptied == writer->filled) {
                        if (writer->ended)
                                break;
                        pthread_cond_wait(&writer->changed, &writer->lock);
                        continue;
                }

                struct part *part = &writer->part[writer->emptied % PARTS];
                int trouble = writer->trouble;

                pthread_mutex_unlock(&writer->lock);
                if (!trouble)
                        trouble = write_part(writer, part);
                part->frame_bytes = part->note_bytes = part->frame_count = 0;
                pthread_mutex_lock(&writer->lock);
                writer->trouble = trouble;
                writer->emptied++;
                pthread_cond_broadcast(&writer->changed);
        }
        pthread_mutex_unlock(&writer->lock);
        return NULL;
}

/* --- whoever reads the pipe */

static struct part *part_filling(struct raw_writer *writer)
{
        return &writer->part[writer->filled % PARTS];
}

static bool part_is_empty(const struct part *part)
{
        return !part->frame_bytes && !part->note_bytes;
}

/* Hands the part to the thread, and waits until the next one is empty. */
static void part_finish(struct raw_writer *writer)
{
        pthread_mutex_lock(&writer->lock);
        writer->filled++;
        pthread_cond_broadcast(&writer->changed);
        while (writer->filled - writer->emptied == PARTS) {
                struct timespec until = time_now(WAIT_MS);

                pthread_mutex_unlock(&writer->lock);
                writer->waiting(writer->context);
                pthread_mutex_lock(&writer->lock);
                if (writer->filled - writer->emptied == PARTS)
                        pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
        }
        pthread_mutex_unlock(&writer->lock);
}

static struct part *part_for(struct raw_writer *writer, size_t frame_bytes, size_t note_bytes)
{
        struct part *part = part_filling(writer);

        if (part->frame_bytes + frame_bytes > RAW_PART_FRAME_BYTES ||
            part->note_bytes + note_bytes > RAW_PART_NOTES * RAW_NOTE_BYTES) {
                part_finish(writer);
                part = part_filling(writer);
        }
        if (part_is_empty(part))
                part->begun_ms = now_ms();
        return part;
}

void raw_writer_frame(struct raw_writer *writer, const uint8_t *frame, size_t bytes)
{
        struct part *part = part_for(writer, bytes, 0);

        assert(bytes == (frame[0] | (size_t)frame[1] << 8));
        memcpy(part->frames + part->frame_bytes, frame, bytes);
        part->frame_bytes += bytes;
        part->frame_count++;
}

void raw_writer_note(struct raw_writer *writer, const struct raw_note *note)
{
        struct part *part = part_for(writer, 0, RAW_NOTE_BYTES);
        uint8_t *to = part->notes + part->note_bytes;

        raw_put_32(to, note->kind);
        raw_put_32(to + 4, part->frame_count);
        for (size_t i = 0; i < RAW_NOTE_VALUES; i++)
                raw_put_64(to + 8 + 8 * i, note->value[i]);
        part->note_bytes += RAW_NOTE_BYTES;
}

void raw_writer_tick(struct raw_writer *writer)
{
        struct part *part = part_filling(writer);

        if (!part_is_empty(part) && now_ms() - part->begun_ms > OLD_MS)
                part_finish(writer);
}

/* Signals are the reader's business. */
static bool start_thread(struct raw_writer *writer)
{
        pthread_condattr_t monotonic;
        sigset_t all, before;
        int trouble;

        pthread_mutex_init(&writer->lock, NULL);
        pthread_condattr_init(&monotonic);
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        pthread_cond_init(&writer->changed, &monotonic);
        pthread_condattr_destroy(&monotonic);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        trouble = pthread_create(&writer->thread, NULL, work, writer);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        errno = trouble;
        return trouble == 0;
}

static void writer_free(struct raw_writer *writer)
{
        for (size_t i = 0; i < PARTS; i++) {
                free(writer->part[i].frames);
                free(writer->part[i].notes);
        }
        ZSTD_freeCCtx(writer->compressor);
        columns_free(&writer->columns);
        free(writer->packed);
        pthread_cond_destroy(&writer->changed);
        pthread_mutex_destroy(&writer->lock);
        free(writer);
}

struct raw_writer *raw_writer_open(void (*waiting)(void *context), void *context)
{
        struct raw_writer *writer = xcalloc(1, sizeof *writer);

        writer->fd = -1;
        writer->waiting = waiting;
        writer->context = context;
        for (size_t i = 0; i < PARTS; i++) {
                writer->part[i].frames = xmalloc(RAW_PART_FRAME_BYTES);
                writer->part[i].notes = xmalloc(RAW_PART_NOTES * RAW_NOTE_BYTES);
        }
        columns_init(&writer->columns, RAW_PART_FRAME_BYTES);
        writer->packed_room = RAW_HEADER_BYTES + ZSTD_compressBound(RAW_PART_BYTES_MAX);
        writer->packed = xmalloc(writer->packed_room);
        writer->compressor = ZSTD_createCCtx();
        if (writer->compressor) {
                ZSTD_CCtx_setParameter(writer->compressor, ZSTD_c_compressionLevel, LEVEL);
                ZSTD_CCtx_setParameter(writer->compressor, ZSTD_c_checksumFlag, 1);
                if (start_thread(writer))
                        return writer;
        }

        int trouble = writer->compressor ? errno : ENOMEM;

        writer_free(writer);
        errno = trouble;
        return NULL;
}

void raw_writer_start(struct raw_writer *writer, int fd, int trouble)
{
        pthread_mutex_lock(&writer->lock);
        writer->fd = fd;
        writer->trouble = trouble;
        writer->started = true;
        pthread_cond_broadcast(&writer->changed);
        pthread_mutex_unlock(&writer->lock);
}

int raw_writer_close(struct raw_writer *writer)
{
        int trouble;

        if (!part_is_empty(part_filling(writer)))
                part_finish(writer);
        pthread_mutex_lock(&writer->lock);
        writer->ended = true;
        pthread_cond_broadcast(&writer->changed);
        pthread_mutex_unlock(&writer->lock);
        pthread_join(writer->thread, NULL);
        trouble = writer->trouble;
        if (writer->fd >= 0 && close(writer->fd) != 0 && !trouble)
                trouble = errno;
        writer_free(writer);
        return trouble;
}
