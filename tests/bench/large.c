/* Large and huge blocks in a loop: 32 KiB to 8 MiB, a few alive at a time, every fourth page written. */
#include "bench.h"

enum { BLOCKS = 12, PAGE = 4096 };

static void fill(char *bytes, size_t size)
{
        for (size_t i = 0; i < size; i += 4 * PAGE)
                bytes[i] = (char)i;
}

int main(int argc, char **argv)
{
        static char *blocks[BLOCKS];
        long rounds = bench_rounds(argc, argv, 6000);
        uint64_t random = 6;

        for (long i = 0; i < rounds; i++) {
                unsigned slot = (unsigned)(bench_random(&random) % BLOCKS);
                unsigned doublings = (unsigned)(bench_random(&random) >> 20) % 9;
                size_t size = ((size_t)32 << 10 << doublings) - (bench_random(&random) >> 30) % (16 << 10);

                free(blocks[slot]);
                blocks[slot] = bench_touch(malloc(size), size);
                fill(blocks[slot], size);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        return 0;
}
