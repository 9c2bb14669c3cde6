/* The clock in the memory shared with traced processes: it goes while frames come, and stands at 0 when they do not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/input/session.h"
#include "analyzer/input/source.h"
#include "tests/unit/analyzer/stream.h"
#include "wire/session.h"

static char directory[] = "/tmp/heaptap.XXXXXX", fifo[64];
static struct session_header *header;
static volatile sig_atomic_t stop;

static void no_frame(void *context, const uint8_t *frame, size_t bytes, bool salvaged)
{
        (void)context, (void)frame, (void)bytes, (void)salvaged;
}

static void no_tick(void *context)
{
        (void)context;
}

static void *read_all(void *source)
{
        struct source_calls calls = {.frame = no_frame, .tick = no_tick};
        struct ending ending;

        ending_init(&ending, -1);
        source_read(source, &calls, &ending, &stop);
        return NULL;
}

static struct session_header *map_shared(void)
{
        char path[80];
        int fd;
        void *base;

        snprintf(path, sizeof path, "%s.shared", fifo);
        fd = open(path, O_RDWR);
        base = mmap(NULL, SESSION_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        cr_assert_neq(base, MAP_FAILED);
        close(fd);
        return base;
}

static void setup(void)
{
        cr_assert_not_null(mkdtemp(directory));
        snprintf(fifo, sizeof fifo, "%s/fifo", directory);
        cr_assert_eq(mkfifo(fifo, 0600), 0);
}

static void teardown(void)
{
        unlink(fifo);
        rmdir(directory);
}

static void wait_us(long microseconds)
{
        nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

/* Sends frames for a while, and returns how often another value was seen. */
static unsigned send_frames(struct stream *stream, int fd)
{
        uint32_t clock = 0;
        unsigned changes = 0;

        for (int i = 0; i < 1000; i++, wait_us(100)) {
                encode_alloc(stream_to(stream, 1, 1), WIRE_MALLOC, 1, 10);
                stream_flush(stream);
                cr_assert_eq(write(fd, stream->bytes, stream->count), (ssize_t)stream->count);
                stream->count = 0;
                changes += header->clock != clock && header->clock != 0;
                clock = header->clock;
        }
        return changes;
}

/* Within ten seconds. */
static bool comes_to_stand(void)
{
        for (int i = 0; i < 10000; i++, wait_us(1000))
                if (header->clock == 0)
                        return true;
        return false;
}

Test(clock, it_goes_while_frames_come_and_only_then, .init = setup, .fini = teardown)
{
        struct source *source = source_open(fifo);
        struct stream stream;
        pthread_t reader;
        int fd = open(fifo, O_WRONLY);

        cr_assert_not_null(source);
        header = map_shared();
        stream_init(&stream);
        cr_expect_eq(header->clock, 0);
        pthread_create(&reader, NULL, read_all, source);
        for (int i = 0; i < 2; i++) {
                cr_expect_geq(send_frames(&stream, fd), 20);
                cr_expect(comes_to_stand());
        }
        send_frames(&stream, fd);
        close(fd);
        pthread_join(reader, NULL);
        cr_expect_eq(header->clock, 0);
        source_close(source);
        stream_free(&stream);
}

Test(clock, it_moves_once_a_millisecond_and_past_zero, .init = setup, .fini = teardown)
{
        struct session session;

        cr_assert(session_create(&session, fifo));
        header = session.base;
        session.clock = UINT32_MAX - 1;
        session_clock_go(&session, 1000);
        cr_expect_eq(header->clock, UINT32_MAX);
        session_clock_go(&session, 1000);
        cr_expect_eq(header->clock, UINT32_MAX);
        session_clock_go(&session, 1001);
        cr_expect_eq(header->clock, 1);
        session_clock_stop(&session);
        cr_expect_eq(header->clock, 0);
        session_clock_go(&session, 1001);
        cr_expect_eq(header->clock, 2);
        session_close(&session);
}
