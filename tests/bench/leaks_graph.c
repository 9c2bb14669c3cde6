/* graph MIB PERCENT [BYTES]: a heap of MIB mebibytes whose blocks, of BYTES or of all small sizes, point at each other at random: of
 * its words PERCENT in a hundred are the address of some block, the others are numbers. All blocks are kept. Of a program that does nothing else than end, the scan is what is left. */
#include "bench.h"

static uint64_t state = 88172645463325252u;
static void **blocks;

static size_t allocate(size_t bytes, size_t size_all)
{
        size_t count = 0, held = 0;

        blocks = malloc(bytes / 32 * sizeof *blocks);
        bench_touch(blocks, 8);
        while (held < bytes) {
                size_t size = size_all ? size_all : (bench_size(&state, 10) + 15) & ~(size_t)15;

                blocks[count++] = bench_touch(malloc(size), size);
                *(size_t *)blocks[count - 1] = size;
                held += size;
        }
        return count;
}

static void fill(size_t count, unsigned percent)
{
        for (size_t i = 0; i < count; i++) {
                void **words = blocks[i];
                size_t size = *(size_t *)words;

                for (size_t at = 0; at < size / sizeof *words; at++) {
                        uint64_t number = bench_random(&state);

                        if (number % 1000 < percent * 10)
                                words[at] = blocks[bench_random(&state) % count];
                        else
                                words[at] = (void *)(number | (uint64_t)1 << 63);
                }
        }
}

int main(int argc, char **argv)
{
        size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 512;
        unsigned percent = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 30;

        fill(allocate(mib << 20, argc > 3 ? strtoul(argv[3], NULL, 10) : 0), percent);
        return 0;
}
