/* SIGKILL while two threads have unsent records: the counts are exact all the same.
 * modes: pools off sampled traced
 * expect: signal KILL
 * expect: live in_thread blocks=777 bytes=777*10
 * expect: live in_main blocks=333 bytes=333*20
 * expect: total in_main allocations=10333 frees=10000
 * expect: process main end_kind=killed
 */
#include "program.h"
#include <pthread.h>
#include <signal.h>

NOINLINE static void *in_thread(UNUSED void *argument)
{
        for (int i = 0; i < 777; i++)
                keep(malloc(10));
        kill(getpid(), 0);
        return NULL;
}

static void *stays(void *argument)
{
        in_thread(argument);
        *(volatile int *)argument = 1;
        for (;;)
                pause();
        return NULL;
}

NOINLINE static void in_main(void)
{
        for (int i = 0; i < 10000; i++)
                free(keep(malloc(20)));
        for (int i = 0; i < 333; i++)
                keep(malloc(20));
}

int main(void)
{
        volatile int ready = 0;
        pthread_t thread;

        CHECK(!pthread_create(&thread, NULL, stays, (void *)&ready));
        while (!ready)
                sleep_ms(1);
        in_main();
        kill(getpid(), SIGKILL);
        return 0;
}
