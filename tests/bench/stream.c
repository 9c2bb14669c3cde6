/* How fast the analyzer counts: streams are recorded to files, and counted from memory. Used by tests/bench/events.
 *
 *   stream record FIFO FILE     writes what comes through the pipe to the file, until nobody writes any more
 *   stream count FILE [ROUNDS]  counts it, and prints the median of the rounds (3): events, bytes of each, events per
 *                               second of one core, sites, bytes of memory for each site
 *   stream kinds FILE           bytes by kind of event */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/input/cutter.h"
#include "analyzer/input/source.h"
#include "analyzer/model/model.h"
#include "wire/decode.h"

enum { ROUNDS_MAX = 100 };

static volatile sig_atomic_t stop;

static void write_frame(void *context, const uint8_t *frame, size_t bytes, bool salvaged)
{
        (void)salvaged;
        fwrite(frame, 1, bytes, context);
}

static void no_tick(void *context)
{
        (void)context;
}

static int record(const char *fifo, const char *path)
{
        struct source *source = source_open(fifo);
        FILE *file = fopen(path, "we");
        struct source_calls calls = {.frame = write_frame, .tick = no_tick, .context = file};
        struct ending ending;

        if (!source || !file) {
                fprintf(stderr, "stream: %s: %s\n", source ? path : fifo, strerror(errno));
                return 1;
        }
        puts("reading"); /* now the program may begin */
        fflush(stdout);
        ending_init(&ending, -1);
        source_read(source, &calls, &ending, &stop);
        source_close(source);
        return fclose(file) != 0;
}

struct stream {
        uint8_t *bytes;
        size_t count;
};

static struct stream load(const char *path)
{
        FILE *file = fopen(path, "re");
        struct stream stream = {0};
        size_t room = 0, got;

        do {
                if (stream.count == room)
                        stream.bytes = realloc(stream.bytes, room = room * 2 + (1 << 20));
                if (!stream.bytes || !file) {
                        fprintf(stderr, "stream: %s: %s\n", path, strerror(errno));
                        exit(1);
                }
                got = fread(stream.bytes + stream.count, 1, room - stream.count, file);
                stream.count += got;
        } while (got);
        fclose(file);
        return stream;
}

/* Frame by frame; 0 at the end. */
static size_t frame_bytes(const struct stream *stream, size_t at)
{
        struct wire_header header;

        if (at >= stream->count || decode_header(stream->bytes + at, stream->count - at, &header) != DECODE_OK)
                return 0;
        return at + header.bytes > stream->count ? 0 : header.bytes;
}

static double cpu_seconds(void)
{
        struct timespec now;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static size_t allocated(void)
{
        struct mallinfo2 info = mallinfo2();

        return info.uordblks + info.hblkhd;
}

static int count(const char *path, int rounds)
{
        struct stream stream = load(path);
        double seconds[ROUNDS_MAX];
        size_t sites = 0, memory = 0;
        uint64_t events = 0, damaged = 0;

        for (int i = 0; i < rounds; i++) {
                size_t before = allocated();
                struct model *model = model_create();
                double begin = cpu_seconds();

                for (size_t at = 0, bytes; (bytes = frame_bytes(&stream, at)); at += bytes)
                        model_frame(model, stream.bytes + at, bytes, false);
                seconds[i] = cpu_seconds() - begin;
                memory = allocated() - before;
                events = model->events;
                damaged = model->frames_damaged;
                sites = 0;
                for (const struct process *process = model->processes; process; process = process->hh.next)
                        sites += process->sites.count;
                model_free(model);
        }
        qsort(seconds, (size_t)rounds, sizeof *seconds, by_value);
        printf("%llu events of %.2f bytes, %.1f M events/s, %.2f ns each, %zu sites, %zu KiB, damaged %llu\n",
               (unsigned long long)events, (double)stream.count / (double)events,
               (double)events / seconds[rounds / 2] / 1e6, seconds[rounds / 2] * 1e9 / (double)events, sites,
               memory / 1024, (unsigned long long)damaged);
        free(stream.bytes);
        return 0;
}

static int kinds(const char *path)
{
        struct stream stream = load(path);
        uint64_t bytes_of[256] = {0}, count_of[256] = {0}, frames = 0;

        for (size_t at = 0, bytes; (bytes = frame_bytes(&stream, at)); at += bytes, frames++) {
                struct decode decode;
                struct wire_event event;

                decode_frame(&decode, stream.bytes + at, bytes);
                for (const uint8_t *from = decode.at; decode_next(&decode, &event) == DECODE_OK; from = decode.at) {
                        unsigned first = *from >= WIRE_HOT ? *from & 0xf0u : *from;

                        bytes_of[first] += (size_t)(decode.at - from);
                        count_of[first]++;
                }
        }
        printf("headers %llu: %llu bytes\n", (unsigned long long)frames,
               (unsigned long long)frames * WIRE_HEADER_BYTES);
        for (unsigned i = 0; i < 256; i++)
                if (count_of[i])
                        printf("kind 0x%02x: %llu events, %llu bytes\n", i, (unsigned long long)count_of[i],
                               (unsigned long long)bytes_of[i]);
        free(stream.bytes);
        return 0;
}

int main(int argc, char **argv)
{
        int rounds = argc > 3 ? atoi(argv[3]) : 3;

        if (argc == 4 && strcmp(argv[1], "record") == 0)
                return record(argv[2], argv[3]);
        if (argc >= 3 && strcmp(argv[1], "count") == 0 && rounds > 0 && rounds <= ROUNDS_MAX)
                return count(argv[2], rounds);
        if (argc == 3 && strcmp(argv[1], "kinds") == 0)
                return kinds(argv[2]);
        fputs("usage: stream record FIFO FILE | count FILE [ROUNDS] | kinds FILE\n", stderr);
        return 2;
}
