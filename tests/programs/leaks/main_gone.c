/* The first thread has ended, the last one ends the program: what globals and the frames of the other keep
 * is reachable.
 * expect: leak by_global class=reachable blocks=1 bytes=100
 * expect: leak by_last class=reachable blocks=1 bytes=200
 * expect: no leaks
 */
#include "leaks.h"
#include <pthread.h>

void *volatile kept;

NOINLINE static void by_global(void) { kept = malloc(100); }
NOINLINE static void *by_last(void) { return malloc(200); }

static void *thread(UNUSED void *argument)
{
        void *volatile block = by_last();

        scrub();
        sleep_ms(20);
        exit(0);
        return block;
}

int main(void)
{
        pthread_t id;

        by_global();
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        pthread_exit(NULL);
}
