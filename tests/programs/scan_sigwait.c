/* Threads that wait for signals, for a time and for ever, while there is one scan after the other: they get what is sent to them and
 * nothing else, wait as long as they want to, are held like others, and what only they know is not lost.
 * compare: nothing
 * timeout: 60
 * modes: traced
 * env: HEAPTAP_LEAK_CHECK_EVERY=2ms
 * expect: signal KILL
 * expect: scan main threads_silent=0 threads=4
 * expect: leak kept class=reachable blocks=3
 * expect: sql SELECT max(scans) > 20 FROM leak_scan => 1
 */
#include "program.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 50, TIMES = 4 };

static volatile int over;
static sigset_t all;

NOINLINE static void *kept(size_t size)
{
        return keep(malloc(size));
}

static double now(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *waits(void *count)
{
        void *volatile only_here = kept(1000);
        int number, error = 0;

        while (!over && (error = sigwait(&all, &number)) == 0) {
                CHECK(number == SIGUSR1);
                ++*(volatile int *)count;
        }
        CHECK(error == 0);
        free(only_here);
        return NULL;
}

static void *waits_with_facts(void *count)
{
        void *volatile only_here = kept(1001);
        siginfo_t info;

        while (!over) {
                CHECK(sigwaitinfo(&all, &info) == SIGUSR1);
                CHECK(info.si_signo == SIGUSR1 && info.si_pid == getpid());
                ++*(volatile int *)count;
        }
        free(only_here);
        return NULL;
}

static void *waits_for_a_time(void *count)
{
        void *volatile only_here = kept(1002);
        const struct timespec time = {.tv_nsec = 250000000}, none = {.tv_nsec = 0};

        for (int i = 0; i < TIMES; i++) {
                double begin = now();

                CHECK(sigtimedwait(&all, NULL, &time) == -1 && errno == EAGAIN);
                CHECK(now() - begin > 0.249 && now() - begin < 2);
                CHECK(sigtimedwait(&all, NULL, &none) == -1 && errno == EAGAIN);
                ++*(volatile int *)count;
        }
        while (!over)
                sigwaitinfo(&all, NULL);
        free(only_here);
        return NULL;
}

static void work(void)
{
        for (int i = 0; i < 5000; i++)
                free(malloc((size_t)i % 1000));
}

int main(void)
{
        void *(*const way[])(void *) = {waits, waits_with_facts, waits_for_a_time};
        static volatile int count[3];
        pthread_t thread[3];

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        for (int i = 0; i < 3; i++)
                CHECK(pthread_create(&thread[i], NULL, way[i], (void *)&count[i]) == 0);
        pthread_sigmask(SIG_UNBLOCK, &all, NULL);
        for (int i = 0; i < SIGNALS; i++) {
                for (int j = 0; j < 2; j++) {
                        CHECK(pthread_kill(thread[j], SIGUSR1) == 0);
                        while (count[j] <= i)
                                work();
                }
        }
        while (count[2] < TIMES)
                work();
        for (int i = 0; i < 100; i++) { /* while all wait */
                usleep(1000);
                work();
        }
        CHECK(count[0] == SIGNALS && count[1] == SIGNALS);
        kill(getpid(), SIGKILL);
}
