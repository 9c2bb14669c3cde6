/* Three hundred threads are alive at once, each holds its blocks for 300 ms; then all free them.
 * modes: pools off sampled traced
 * expect: total holder allocations=300*20 frees=300*20
 * expect: peak holder blocks=300*20 bytes=300*20*200
 * expect: live holder blocks=0
 * expect: process main threads=301
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

enum { THREADS = 300 };
static pthread_barrier_t all_hold, may_free;

NOINLINE static void *holder(UNUSED void *argument)
{
        void *blocks[20];

        for (int i = 0; i < 20; i++)
                blocks[i] = memset(keep(malloc(200)), i, 200);
        pthread_barrier_wait(&all_hold);
        pthread_barrier_wait(&may_free);
        for (int i = 0; i < 20; i++)
                free(blocks[i]);
        return NULL;
}

int main(void)
{
        pthread_t threads[THREADS];
        pthread_attr_t attributes;

        pthread_barrier_init(&all_hold, NULL, THREADS + 1);
        pthread_barrier_init(&may_free, NULL, THREADS + 1);
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 128 << 10);
        for (int i = 0; i < THREADS; i++)
                CHECK(!pthread_create(&threads[i], &attributes, holder, NULL));
        pthread_barrier_wait(&all_hold);
        sleep_ms(300);
        pthread_barrier_wait(&may_free);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
