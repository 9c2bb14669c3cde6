/* Many threads, each with a working set of its own: nothing is shared but the allocator. */
#include <pthread.h>

#include "bench.h"

enum { THREADS = 16, BLOCKS = 2000 };

static long rounds;

static void *work(void *seed)
{
        uint64_t random = (uint64_t)(uintptr_t)seed;
        char *blocks[BLOCKS] = {0};

        for (long i = 0; i < rounds; i++) {
                char **slot = &blocks[bench_random(&random) % BLOCKS];
                size_t size = bench_size(&random, 11);

                free(*slot);
                *slot = bench_touch(malloc(size), size);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(blocks[i]);
        return NULL;
}

int main(int argc, char **argv)
{
        pthread_t threads[THREADS];

        rounds = bench_rounds(argc, argv, 1500000);
        for (uintptr_t i = 0; i < THREADS; i++)
                if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)) != 0)
                        return 1;
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
