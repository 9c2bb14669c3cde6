/* The data of a key lives as long as its thread; behind an ended one only a destructor of the key could have freed it.
 * expect: leak of_running class=reachable blocks=2 bytes=2*100
 * expect: leak of_ended class=definite blocks=2 bytes=2*200
 * expect: total freed_by_destructor allocations=1 frees=1
 */
#include "leaks.h"
#include <pthread.h>

static pthread_key_t low, high, tidy;
static volatile int ready;

NOINLINE static void *of_running(void) { return malloc(100); }
NOINLINE static void *of_ended(void) { return malloc(200); }
NOINLINE static void *freed_by_destructor(void) { return malloc(300); }

NOINLINE static void set(void *(*make)(void))
{
        CHECK(pthread_setspecific(low, make()) == 0);
        CHECK(pthread_setspecific(high, make()) == 0);
}

static void *running(UNUSED void *argument)
{
        SCRUBBED(set(of_running));
        flag_set(&ready);
        wait_forever();
}

static void *ended(UNUSED void *argument)
{
        SCRUBBED(set(of_ended));
        SCRUBBED(pthread_setspecific(tidy, freed_by_destructor()));
        return NULL;
}

int main(void)
{
        pthread_t id;
        pthread_key_t unused;

        CHECK(pthread_key_create(&low, NULL) == 0);
        CHECK(pthread_key_create(&tidy, free) == 0);
        for (int i = 0; i < 50; i++)
                CHECK(pthread_key_create(&unused, NULL) == 0);
        CHECK(pthread_key_create(&high, NULL) == 0);
        CHECK(pthread_create(&id, NULL, ended, NULL) == 0);
        CHECK(pthread_join(id, NULL) == 0);
        CHECK(pthread_create(&id, NULL, running, NULL) == 0);
        flag_await(&ready);
        scrub();
        exit(0);
}
