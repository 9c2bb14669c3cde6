/* Cancelled threads run their cleanup handlers, which free; malloc itself must be no point of cancellation, even where
 * it sends its records; a detached thread ends by pthread_exit.
 * modes: pools off sampled traced
 * expect: total cancelled allocations=40
 * expect: live cancelled blocks=20 bytes=20*10
 * expect: total long_way allocations=30000 frees=30000
 * expect: live detached blocks=20 bytes=20*7
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

static int done, went_all_the_way;

NOINLINE static void *cancelled(UNUSED void *argument)
{
        void *block = keep(malloc(100));

        keep(malloc(10));
        pthread_cleanup_push(free, block);
        for (;;)
                pause();
        pthread_cleanup_pop(1);
        return NULL;
}

/* The cancellation is pending all the time, and only sleep_ms may act on it. */
NOINLINE static void *long_way(UNUSED void *argument)
{
        pthread_cancel(pthread_self());
        for (int i = 0; i < 30000; i++)
                free(keep(malloc(16 + (size_t)i % 50)));
        went_all_the_way = 1;
        sleep_ms(1);
        went_all_the_way = 2;
        return NULL;
}

NOINLINE static void *detached(UNUSED void *argument)
{
        keep(malloc(7));
        __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
        pthread_exit(NULL);
}

int main(void)
{
        pthread_attr_t attributes;
        pthread_t thread;

        for (int i = 0; i < 20; i++) {
                CHECK(!pthread_create(&thread, NULL, cancelled, NULL));
                pthread_cancel(thread);
                pthread_join(thread, NULL);
        }
        CHECK(!pthread_create(&thread, NULL, long_way, NULL));
        pthread_join(thread, NULL);
        CHECK(went_all_the_way == 1);
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        for (int i = 0; i < 20; i++)
                CHECK(!pthread_create(&thread, &attributes, detached, NULL));
        while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < 20)
                sleep_ms(1);
        return 0;
}
