/* Growing buffers: many grow side by side by half their size at a time, as vectors and string builders do. */
#include <string.h>

#include "bench.h"

enum { BUFFERS = 64, BYTES_MAX = 1 << 20 };

struct buffer {
        char *bytes;
        size_t used, size;
};

static void buffer_add(struct buffer *buffer, const char *text, size_t length)
{
        if (buffer->used + length > buffer->size) {
                buffer->size = buffer->size + buffer->size / 2 + length;
                buffer->bytes = bench_touch(realloc(buffer->bytes, buffer->size), buffer->size);
        }
        memcpy(buffer->bytes + buffer->used, text, length);
        buffer->used += length;
}

int main(int argc, char **argv)
{
        static struct buffer buffers[BUFFERS];
        static char text[4096];
        long rounds = bench_rounds(argc, argv, 2500000);
        uint64_t random = 5, sum = 0;

        memset(text, 't', sizeof text);
        for (long i = 0; i < rounds; i++) {
                uint64_t bits = bench_random(&random);
                struct buffer *buffer = &buffers[bits % BUFFERS];

                buffer_add(buffer, text, 16 + (bits >> 32) % 496);
                if (buffer->used < (size_t)BYTES_MAX >> (bits >> 16) % 12)
                        continue;
                sum += buffer->used;
                free(buffer->bytes);
                *buffer = (struct buffer){0};
        }
        for (int i = 0; i < BUFFERS; i++)
                free(buffers[i].bytes);
        printf("%llu\n", (unsigned long long)sum);
        return 0;
}
