/* More threads are alive at once than have a place in the memory shared with the analyzer: nothing is lost as long as they
 * end by themselves.
 * expect: total holder allocations=2200*3 frees=2200*3
 * expect: process main threads=2201
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

#ifndef ALL_HOLD
#define ALL_HOLD
#endif

enum { THREADS = 2200 };
static pthread_barrier_t all_hold;

NOINLINE static void *holder(UNUSED void *argument)
{
        for (int i = 0; i < 3; i++)
                free(keep(malloc(200)));
        if (pthread_barrier_wait(&all_hold) == PTHREAD_BARRIER_SERIAL_THREAD) {
                ALL_HOLD
        }
        pthread_barrier_wait(&all_hold);
        return NULL;
}

int main(void)
{
        static pthread_t threads[THREADS];
        pthread_attr_t attributes;

        pthread_barrier_init(&all_hold, NULL, THREADS);
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 64 << 10);
        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&threads[i], &attributes, holder, NULL))
                        _exit(77);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
