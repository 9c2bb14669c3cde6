/* main returns while three threads go on allocating: the process ends in order, and what main leaked is exact.
 * expect: exit 3
 * expect: live in_main blocks=100 bytes=100*64
 * expect: process main end_kind=exit threads=4 threads_at_exit=4
 */
#include "program.h"
#include <pthread.h>

NOINLINE static void *busy(UNUSED void *argument)
{
        for (;;)
                free(keep(malloc(50)));
        return NULL;
}

NOINLINE static void in_main(void)
{
        for (int i = 0; i < 100; i++)
                keep(malloc(64));
}

int main(void)
{
        for (int i = 0; i < 3; i++) {
                pthread_t thread;

                CHECK(!pthread_create(&thread, NULL, busy, NULL));
        }
        in_main();
        sleep_ms(50);
        return 3;
}
