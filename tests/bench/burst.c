/* A burst of blocks of all sizes is freed, and then little happens: does the memory go back? Some MiB stay alive below
 * it.
 *
 * burst [-t THREADS] [-m MIB] [-s SECONDS] [-r | -e] [-w]
 *   -t, -m  the burst is made by so many threads, and has so many MiB in all (1, 400)
 *   -s      seconds of light activity of the main thread afterwards (10)
 *   -r, -e  the main thread frees it, and the others sleep; the others end. Else they free it and sleep.
 *   -w      ends as soon as the bar is met
 *
 * Prints RSS before, at the top, after the frees and after every second, and fails unless it comes back to 1.1 times
 * the live bytes and 8 MiB. */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { THREADS_MAX = 64, LIVE_MIB = 16, KIB = 1024, CALLS_PER_SECOND = 40 };

struct link {
        struct link *next;
};

struct worker {
        pthread_t thread;
        uint64_t random;
        size_t bytes;
        struct link *blocks;
};

static struct worker workers[THREADS_MAX];
static int count = 1;
static bool frees_remote, threads_end;
static pthread_barrier_t filled, freed;
static pthread_mutex_t asleep = PTHREAD_MUTEX_INITIALIZER;

/* A third of the bytes each in blocks of less than 4 KiB, less than 256 KiB, and up to 16 MiB. */
static size_t size_next(uint64_t *random)
{
        uint64_t bits = bench_random(random);
        unsigned of_65536 = bits >> 48;

        if (of_65536 == 0)
                return (1 << 20) + bits % (15 << 20);
        return of_65536 < 75 ? 4096 + bits % (252 << 10) : bench_size(random, 12);
}

static struct link *fill(size_t bytes, uint64_t *random)
{
        struct link *all = NULL;

        while (bytes) {
                size_t size = size_next(random);
                struct link *block;

                size = size > bytes ? bytes : size;
                size = size < sizeof *block ? sizeof *block : size;
                block = malloc(size);
                if (!block)
                        exit(2);
                memset(block, 1, size);
                block->next = all;
                all = block;
                bytes -= size > bytes ? bytes : size;
        }
        return all;
}

static void free_all(struct link *all)
{
        while (all) {
                struct link *next = all->next;

                free(all);
                all = next;
        }
}

static void *work(void *argument)
{
        struct worker *worker = argument;

        worker->blocks = fill(worker->bytes, &worker->random);
        pthread_barrier_wait(&filled);
        pthread_barrier_wait(&filled);
        if (!frees_remote)
                free_all(worker->blocks);
        pthread_barrier_wait(&freed);
        if (!threads_end)
                pthread_mutex_lock(&asleep); /* for ever: the main thread holds it */
        return NULL;
}

/* The main thread counts as the only worker when there is one. */
static void burst(size_t bytes)
{
        uint64_t random = 1;

        if (count == 1) {
                struct link *blocks = fill(bytes, &random);

                printf("top %ld KiB\n", bench_rss());
                free_all(blocks);
                return;
        }
        pthread_mutex_lock(&asleep);
        pthread_barrier_init(&filled, NULL, (unsigned)count + 1);
        pthread_barrier_init(&freed, NULL, (unsigned)count + 1);
        for (int i = 0; i < count; i++) {
                workers[i].random = (uint64_t)i + 1;
                workers[i].bytes = bytes / (size_t)count;
                if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
                        exit(2);
        }
        pthread_barrier_wait(&filled);
        printf("top %ld KiB\n", bench_rss());
        pthread_barrier_wait(&filled);
        for (int i = 0; i < count && frees_remote; i++)
                free_all(workers[i].blocks);
        pthread_barrier_wait(&freed);
        for (int i = 0; i < count && threads_end; i++)
                pthread_join(workers[i].thread, NULL);
}

/* A second of a program that is mostly idle. */
static void idle(uint64_t *random)
{
        for (int i = 0; i < CALLS_PER_SECOND; i++) {
                size_t size = bench_size(random, 12);

                free(bench_touch(malloc(size), size));
                nanosleep(&(struct timespec){.tv_nsec = 1000000000 / CALLS_PER_SECOND}, NULL);
        }
}

int main(int argc, char **argv)
{
        size_t burst_mib = 400;
        long bar = LIVE_MIB * KIB * 11 / 10 + 8 * KIB, now, seconds = 10;
        bool ends_early = false;
        uint64_t random = 7;
        struct link *live;
        int option;

        while ((option = getopt(argc, argv, "t:m:s:rew")) != -1) {
                if (option == 't')
                        count = atoi(optarg);
                else if (option == 'm')
                        burst_mib = (size_t)atol(optarg);
                else if (option == 's')
                        seconds = atol(optarg);
                else if (option == 'r')
                        frees_remote = true;
                else if (option == 'e')
                        threads_end = true;
                else if (option == 'w')
                        ends_early = true;
                else
                        return 2;
        }
        if (count < 1 || count > THREADS_MAX)
                return 2;
        live = fill((size_t)LIVE_MIB << 20, &random);
        printf("before %ld KiB\n", bench_rss());
        burst(burst_mib << 20);
        now = bench_rss();
        printf("after %ld KiB\n", now);
        for (long i = 1; i <= seconds && !(ends_early && now <= bar); i++) {
                idle(&random);
                now = bench_rss();
                printf("second %ld: %ld KiB\n", i, now);
                fflush(stdout);
        }
        printf("bar %ld KiB: %s\n", bar, now <= bar ? "met" : "MISSED");
        fflush(stdout);
        free_all(live);
        _exit(now > bar);
}
