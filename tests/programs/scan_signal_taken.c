/* A program that uses the signals which would be ours, in all ways: with a handler, blocked and waited for, and back to what they were.
 * It gets as many of them as it has sent.
 * compare: nothing
 * timeout: 60
 * modes: traced
 * env: HEAPTAP_LEAK_CHECK_EVERY=2ms
 * expect: exit 0
 */
#include "program.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static volatile int over;
static volatile int waited;

static void handler(UNUSED int number)
{
        handled++;
}

static void *waiter(void *set)
{
        int number;

        while (!over && sigwait(set, &number) == 0)
                if (number == SIGRTMAX - 3)
                        waited++;
        return NULL;
}

static void work(unsigned blocks)
{
        for (unsigned i = 0; i < blocks; i++)
                free(malloc(i % 1000));
}

int main(void)
{
        sigset_t set;
        pthread_t thread;

        work(100000);
        signal(SIGURG, handler);
        work(100000);
        signal(SIGRTMAX - 3, handler);
        for (int i = 0; i < 50; i++) {
                raise(SIGURG);
                raise(SIGRTMAX - 3);
                work(5000);
        }
        CHECK(handled == 100);

        sigfillset(&set);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        signal(SIGRTMAX - 3, SIG_DFL);
        CHECK(pthread_create(&thread, NULL, waiter, &set) == 0);
        for (int i = 0; i < 50; i++) {
                kill(getpid(), SIGRTMAX - 3);
                work(5000);
        }
        for (int i = 0; i < 1000 && waited < 50; i++)
                usleep(10000);
        over = 1;
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, NULL);
        CHECK(waited == 50);
        return 0;
}
