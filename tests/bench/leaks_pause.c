/* THREADS threads and a heap of MIB mebibytes, for SECONDS seconds. One thread in ten allocates, the others wait. Prints what a fork
 * costs the caller, in nanoseconds: the median, and the most; then kills itself. */
#include "bench.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define FORKS_MAX 1000

static volatile int stop;

static uint64_t now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *wait_for_ever(void *argument)
{
        for (;;)
                pause();
        return argument;
}

static void *work(void *argument)
{
        uint64_t state = (uintptr_t)argument + 1;

        while (!stop) {
                for (int i = 0; i < 100; i++) {
                        size_t size = bench_size(&state, 10);

                        free(bench_touch(malloc(size), size));
                }
                nanosleep(&(struct timespec){0, 1000000}, NULL);
        }
        return NULL;
}

/* The call itself, as a scan makes it: no functions of pthread_atfork. */
static uint64_t fork_ns(void)
{
        uint64_t begin = now_ns(), end;
        pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

        if (child == 0)
                syscall(SYS_exit_group, 0);
        end = now_ns();
        waitpid(child, NULL, 0);
        return end - begin;
}

static int compare(const void *left, const void *right)
{
        uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

        return (a > b) - (a < b);
}

static void fill(size_t mib)
{
        static void *first;
        uint64_t state = 88172645463325252u;

        for (size_t held = 0; held < mib << 20;) {
                size_t size = bench_size(&state, 12) + sizeof first;
                void **block = (void **)bench_touch(malloc(size), size);

                memset(block, 1, size);
                *block = first;
                first = block;
                held += size;
        }
}

int main(int argc, char **argv)
{
        long threads = argc > 1 ? atol(argv[1]) : 2;
        double seconds = argc > 3 ? atof(argv[3]) : 3;
        static uint64_t forks[FORKS_MAX];
        int count = 0;
        uint64_t begin;

        fill(argc > 2 ? strtoul(argv[2], NULL, 10) : 64);
        for (long i = 1; i < threads; i++) {
                pthread_attr_t attributes;
                pthread_t id;

                pthread_attr_init(&attributes);
                pthread_attr_setstacksize(&attributes, 128 << 10);
                if (pthread_create(&id, &attributes, i % 10 == 1 ? work : wait_for_ever, (void *)i) != 0)
                        return 1;
                pthread_attr_destroy(&attributes);
        }
        for (begin = now_ns(); count < FORKS_MAX && (double)(now_ns() - begin) < seconds * 1e9;) {
                /* The allocation is where a request may be looked for. */
                free(bench_touch(malloc(100), 100));
                forks[count++] = fork_ns();
                nanosleep(&(struct timespec){0, 50000000}, NULL);
        }
        stop = 1;
        qsort(forks, (size_t)count, sizeof *forks, compare);
        printf("%llu %llu\n", (unsigned long long)forks[count / 2], (unsigned long long)forks[count - 1]);
        fflush(stdout);
        /* No scan at the end, so that the last one is one of those. */
        kill(getpid(), SIGKILL);
}
