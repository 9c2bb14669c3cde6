/* main ends by pthread_exit; the last thread takes the process down, with destructors and the exact heap.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live first_thread blocks=1 bytes=21
 * expect: live last_thread blocks=1 bytes=22
 * expect: process main end_kind=exit
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

NOINLINE static void *last_thread(UNUSED void *argument)
{
        sleep_ms(50);
        keep(malloc(22));
        puts("the last thread goes");
        fflush(stdout);
        return NULL;
}

NOINLINE static void first_thread(void)
{
        keep(malloc(21));
}

int main(void)
{
        static char buffer[100];
        pthread_t thread;

        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
        CHECK(!pthread_create(&thread, NULL, last_thread, NULL));
        first_thread();
        pthread_exit(NULL);
}
