/* A cancelled thread loses what its cleanup does not free.
 * expect: leak not_cleaned class=definite blocks=1 bytes=100
 * expect: total cleaned allocations=1 frees=1
 */
#include "leaks.h"
#include <pthread.h>

static volatile int ready;

NOINLINE static void *not_cleaned(void) { return malloc(100); }
NOINLINE static void *cleaned(void) { return malloc(200); }

static void *thread(UNUSED void *argument)
{
        void *volatile block = not_cleaned();

        pthread_cleanup_push(free, cleaned());
        flag_set(&ready);
        wait_forever();
        pthread_cleanup_pop(0);
        return block;
}

int main(void)
{
        pthread_t id;

        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        flag_await(&ready);
        CHECK(pthread_cancel(id) == 0);
        CHECK(pthread_join(id, NULL) == 0);
        scrub();
        return 0;
}
