/* A thread ends the program while the first waits for it: what the frames of both hold is reachable.
 * expect: leak by_main class=reachable blocks=1 bytes=100
 * expect: leak by_thread class=reachable blocks=1 bytes=200
 * expect: leak lost class=definite blocks=1 bytes=300
 */
#include "leaks.h"
#include <pthread.h>

NOINLINE static void *by_main(void) { return malloc(100); }
NOINLINE static void *by_thread(void) { return malloc(200); }
NOINLINE static void lost(void) { keep(malloc(300)); }

static void *thread(UNUSED void *argument)
{
        void *volatile block = by_thread();

        SCRUBBED(lost());
        sleep_ms(20);
        exit(0);
        return block;
}

int main(void)
{
        void *volatile block = by_main();
        pthread_t id;

        scrub();
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        pthread_join(id, NULL);
        keep(block);
        return 1;
}
