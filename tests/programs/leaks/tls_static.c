/* Thread-local variables are roots, in the first thread and in one that still runs.
 * expect: leak in_main class=reachable blocks=1 bytes=101
 * expect: leak in_thread class=reachable blocks=1 bytes=102
 * expect: leak in_bss class=reachable blocks=64 bytes=64*8
 * expect: no leaks
 */
#include "leaks.h"
#include <pthread.h>

__thread void *volatile pointer = NULL;
__thread void *volatile many[64];
static volatile int ready;

NOINLINE static void in_main(void) { pointer = malloc(101); }
NOINLINE static void in_thread(void) { pointer = malloc(102); }
NOINLINE static void in_bss(int i) { many[i] = malloc(8); }

static void *thread(UNUSED void *argument)
{
        SCRUBBED(in_thread());
        flag_set(&ready);
        wait_forever();
}

int main(void)
{
        pthread_t id;

        SCRUBBED(in_main());
        for (int i = 0; i < 64; i++)
                in_bss(i);
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        flag_await(&ready);
        scrub();
        exit(0);
}
