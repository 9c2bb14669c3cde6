/* Random sizes with a working set: one of 50,000 blocks is replaced in each step. */
#include "bench.h"

enum { BLOCKS = 50000 };

static uint64_t replace(char **slot, uint64_t *random)
{
        uint64_t sum = *slot ? (uint64_t)(unsigned char)**slot : 0;
        size_t size = bench_size(random, 13);

        free(*slot);
        *slot = bench_touch(malloc(size), size);
        return sum;
}

int main(int argc, char **argv)
{
        static char *blocks[BLOCKS];
        long rounds = bench_rounds(argc, argv, 9000000);
        uint64_t random = 2, sum = 0;

        for (long i = 0; i < rounds; i++)
                sum += replace(&blocks[bench_random(&random) % BLOCKS], &random);
        for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        printf("%llu\n", (unsigned long long)sum);
        return 0;
}
