/* A signal handler allocates and frees while main does, 5,000 times: no block has two owners, and the counts are exact.
 * (glibc makes no such promise: no native run.)
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: total handler allocations=5000 frees=5000
 * expect: live handler blocks=0
 * expect: live works blocks=0
 * expect: stack handler<...<works<main
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>
#include <signal.h>

static volatile long signals;
static volatile int corrupt;

NOINLINE static void handler(UNUSED int number)
{
        char *block = malloc(48);

        memset(block, 0x77, 48);
        free(block);
        signals++;
}

NOINLINE static void works(void)
{
        for (unsigned i = 0; signals < 5000; i++) {
                size_t bytes = i % 64 ? 48 : 5000;
                char *a = malloc(bytes), *b = malloc(bytes);

                memset(a, (int)i, bytes);
                memset(b, 1, bytes);
                if (a == b || a[5] != (char)i || a[bytes - 1] != (char)i)
                        corrupt++;
                free(a);
                free(b);
        }
}

/* Another thread sends as fast as main takes them. */
static void *sender(void *target)
{
        while (signals < 5000) {
                long seen = signals;

                pthread_kill(*(pthread_t *)target, SIGUSR1);
                while (signals == seen && seen < 5000)
                        sched_yield();
        }
        return NULL;
}

int main(void)
{
        pthread_t self = pthread_self(), thread;
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

        sigaction(SIGUSR1, &action, NULL);
        CHECK(!pthread_create(&thread, NULL, sender, &self));
        works();
        pthread_join(thread, NULL);
        CHECK(signals == 5000);
        CHECK(!corrupt);
        return 0;
}
