/* A server with thread turnover, after Larson: a thread replaces random blocks of its set, then hands the whole set to
 * a fresh thread and ends, so that blocks are freed by threads that never saw their allocation.
 * server [LINES [THREADS]], the threads of all lines together */
#include <pthread.h>

#include "bench.h"

enum { LINES = 4, LINES_MAX = 8, THREADS = 1000, REQUESTS = 24000, BLOCKS = 1000 };

struct line {
        char *blocks[BLOCKS];
        uint64_t random;
};

static long turns;

static void *serve(void *argument)
{
        struct line *line = argument;

        for (long i = 0; i < REQUESTS; i++) {
                char **slot = &line->blocks[bench_random(&line->random) % BLOCKS];
                size_t size = bench_size(&line->random, 10);

                free(*slot);
                *slot = bench_touch(malloc(size), size);
        }
        return NULL;
}

/* The line's next thread starts when the one before has ended. */
static void *line_run(void *argument)
{
        struct line *line = argument;

        for (long i = 0; i < turns; i++) {
                pthread_t thread;

                if (pthread_create(&thread, NULL, serve, line) != 0)
                        abort();
                pthread_join(thread, NULL);
        }
        for (int i = 0; i < BLOCKS; i++)
                free(line->blocks[i]);
        return NULL;
}

int main(int argc, char **argv)
{
        static struct line lines[LINES_MAX];
        int count = bench_threads(argc, argv, LINES, LINES_MAX);
        pthread_t threads[LINES_MAX];

        turns = bench_shared_rounds(argc, argv, THREADS, count);
        for (int i = 0; i < count; i++) {
                lines[i].random = (uint64_t)i + 1;
                if (pthread_create(&threads[i], NULL, line_run, &lines[i]) != 0)
                        return 1;
        }
        for (int i = 0; i < count; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
