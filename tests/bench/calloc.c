/* Zeroed arrays of all sizes, small ones mostly, and the zeros are checked at the ends. */
#include "bench.h"

enum { BLOCKS = 3000 };

static char *zeroed_new(uint64_t *random)
{
        size_t size = bench_size(random, bench_random(random) % 512 ? 12 : 19);
        char *block = calloc(size / 8 + 1, 8);

        if (!block || block[0] || block[size - 1])
                abort();
        return bench_touch(block, size);
}

int main(int argc, char **argv)
{
        static char *blocks[BLOCKS];
        long rounds = bench_rounds(argc, argv, 8000000);
        uint64_t random = 8;

        for (long i = 0; i < rounds; i++) {
                char **slot = &blocks[bench_random(&random) % BLOCKS];

                free(*slot);
                *slot = zeroed_new(&random);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        return 0;
}
