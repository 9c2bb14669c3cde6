/* Writes a stream of any length to standard output, as a program of four threads would that runs long and whose live
 * heap stays as it is: `make_soak EVENTS`. Some hundred frames are made once, and sent again and again with the next
 * numbers and later times, so that the reader is what is kept busy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/analyzer/stream.h"

enum { THREADS = 4, STACKS = 1000, LIVE = 200, ROUND_EVENTS = 1000000, ROUND_NS = 50000000 };

static struct stream stream;
static uint64_t random_state = 1;

static uint64_t random_below(uint64_t limit)
{
        random_state = random_state * 6364136223846793005 + 1442695040888963407;
        return (random_state >> 33) % limit;
}

static void write_all(void)
{
        for (size_t at = 0; at < stream.count;) {
                /* A frame for each write, as traced programs do: the pipe keeps those apart. */
                size_t bytes = stream.bytes[at] | (size_t)stream.bytes[at + 1] << 8;
                ssize_t written = write(STDOUT_FILENO, stream.bytes + at, bytes);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written != (ssize_t)bytes) {
                        perror("make_soak");
                        exit(1);
                }
                at += bytes;
        }
}

static void define(void)
{
        stream_process(&stream, 1, 0, (uint32_t)getpid());
        stream_module(&stream, 1, 0x100000, "/usr/bin/example");
        for (uint32_t stack = 1; stack <= STACKS; stack++)
                stream_stack(&stream, 1, stack, 0, 0x100000 + 16 * stack);
        stream_flush(&stream);
}

/* Every block that is allocated is freed, in another order. */
static void make_round(void)
{
        uint32_t stack[LIVE];
        uint64_t size[LIVE];

        for (uint32_t i = 0; i < ROUND_EVENTS / LIVE / 2; i++) {
                uint32_t from = (uint32_t)random_below(STACKS - 20), thread = 1 + i / 20 % THREADS;

                for (uint32_t j = 0; j < LIVE; j++) {
                        stack[j] = from + 1 + (uint32_t)random_below(20);
                        size[j] = 24 << random_below(4);
                        encode_alloc(stream_to(&stream, 1, thread), WIRE_MALLOC, stack[j], size[j]);
                }
                for (uint32_t j = 0; j < LIVE; j++) {
                        uint32_t at = j * 7 % LIVE; /* 7 divides no power of 2 or 5: each once */

                        encode_free(stream_to(&stream, 1, thread), WIRE_AGE_1MS, stack[at], size[at]);
                }
        }
        stream_flush(&stream);
}

static void add_to(uint8_t *bytes, size_t count, uint64_t more)
{
        uint64_t value = 0;

        memcpy(&value, bytes, count);
        value += more;
        memcpy(bytes, &value, count);
}

static void next_round(const uint32_t frames[THREADS + 1])
{
        for (size_t at = 0; at < stream.count; at += stream.bytes[at] | (size_t)stream.bytes[at + 1] << 8) {
                uint8_t *frame = stream.bytes + at;

                add_to(frame + 12, 4, frames[frame[8]]);
                add_to(frame + 16, 8, ROUND_NS);
        }
}

int main(int argc, char **argv)
{
        unsigned long rounds = (argc > 1 ? strtoul(argv[1], NULL, 10) : ROUND_EVENTS) / ROUND_EVENTS;
        uint32_t frames[THREADS + 1];

        stream_init(&stream);
        define();
        write_all();
        stream.count = 0;
        memcpy(frames, stream.sequence[1], sizeof frames);
        make_round();
        for (int i = 0; i <= THREADS; i++)
                frames[i] = stream.sequence[1][i] - frames[i];
        for (unsigned long i = 0; i < rounds; i++, next_round(frames))
                write_all();
        stream_free(&stream);
        return 0;
}
