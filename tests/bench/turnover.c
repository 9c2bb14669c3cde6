/* Threads that come and go, and free what they own in the destructors of thread-specific data: is RSS bounded?
 *
 * turnover [THREADS [ALIVE]]: so many in all, so many at a time (1,000,000 and 1,000). Prints RSS at 10, 50 and 100
 * percent, and fails if the last is more than a tenth and 2 MiB above the first. */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { ALIVE_MAX = 10000, KIB = 1024, BLOCKS = 20 };

struct owned {
        void *blocks[BLOCKS];
};

static pthread_key_t key;
static pthread_barrier_t all_alive;

static void end(void *value)
{
        struct owned *owned = value;

        for (int i = 0; i < BLOCKS; i++)
                free(owned->blocks[i]);
        free(owned);
}

static void *live(void *argument)
{
        uint64_t random = (uint64_t)(uintptr_t)argument;
        struct owned *owned = malloc(sizeof *owned);

        for (int i = 0; i < BLOCKS; i++) {
                size_t size = bench_size(&random, 10);

                owned->blocks[i] = bench_touch(malloc(size), size);
        }
        pthread_setspecific(key, owned);
        pthread_barrier_wait(&all_alive);
        return NULL;
}

int main(int argc, char **argv)
{
        static pthread_t threads[ALIVE_MAX];
        long count = argc > 1 ? atol(argv[1]) : 1000000, alive = argc > 2 ? atol(argv[2]) : 1000, tenth = 0, last = 0;
        long tenths = 0, ended = 0;
        pthread_attr_t small;

        if (alive < 1 || alive > ALIVE_MAX || count < alive)
                return 2;
        pthread_key_create(&key, end);
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 64 * KIB);
        pthread_barrier_init(&all_alive, NULL, (unsigned)alive);
        while (ended < count) {
                for (long i = 0; i < alive; i++)
                        if (pthread_create(&threads[i], &small, live, (void *)(ended + i + 1)) != 0)
                                return 2;
                for (long i = 0; i < alive; i++)
                        pthread_join(threads[i], NULL);
                ended += alive;
                if (ended * 10 / count == tenths)
                        continue;
                tenths = ended * 10 / count;
                last = bench_rss();
                tenth = tenth ? tenth : last;
                if (tenths == 1 || tenths == 5 || tenths == 10)
                        printf("%ld threads ended: %ld KiB\n", ended, last);
                fflush(stdout);
        }
        return last > tenth + tenth / 10 + 2 * KIB;
}
