/* Aligned blocks, as vector code and caches want them: 32 bytes to a page, some thousands alive. */
#include "bench.h"

enum { BLOCKS = 5000 };

static long misaligned; /* Debian's mimalloc 2.0.9 gives some blocks of 256 bytes and more less than was asked for. */

static char *aligned_new(uint64_t *random)
{
        uint64_t bits = bench_random(random);
        size_t alignment = (size_t)32 << (bits >> 50) % 4;
        size_t size = bench_size(random, 11);
        void *block = NULL;

        if ((bits >> 40) % 64 == 0)
                alignment = 4096;
        if (posix_memalign(&block, alignment, size) != 0)
                abort();
        misaligned += (uintptr_t)block % alignment != 0;
        return bench_touch(block, size);
}

int main(int argc, char **argv)
{
        static char *blocks[BLOCKS];
        long rounds = bench_rounds(argc, argv, 3500000);
        uint64_t random = 7;

        for (long i = 0; i < rounds; i++) {
                char **slot = &blocks[bench_random(&random) % BLOCKS];

                free(*slot);
                *slot = aligned_new(&random);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        printf("%ld misaligned\n", misaligned);
        return 0;
}
