/* Many threads, each with a working set of its own: nothing is shared but the allocator. threads [THREADS [ROUNDS]] */
#include <pthread.h>

#include "bench.h"

enum { THREADS_MAX = 16, BLOCKS = 2000 };

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
        int count = bench_threads(argc, argv, THREADS_MAX, THREADS_MAX);
        pthread_t threads[THREADS_MAX];

        rounds = bench_shared_rounds(argc, argv, 24000000, count);
        for (int i = 0; i < count; i++)
                if (pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(i + 1)) != 0)
                        return 1;
        for (int i = 0; i < count; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
