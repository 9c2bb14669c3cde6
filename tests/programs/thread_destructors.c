/* Destructors of thread-specific data allocate and free when the thread has almost ended, in several rounds.
 * modes: pools off sampled traced
 * expect: total thread_main allocations=200
 * expect: live thread_main blocks=0
 * expect: total at_thread_end allocations=200*3+200*3 frees=200*3+200*2
 * expect: live at_thread_end blocks=200
 * expect: live last_round blocks=200 bytes=200*19
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

static pthread_key_t key;
static __thread int round_number;

NOINLINE static void last_round(void)
{
        keep(malloc(19));
}

NOINLINE static void at_thread_end(void *value)
{
        free(value);
        free(keep(malloc(33)));
        if (round_number++ < 2)
                pthread_setspecific(key, keep(malloc(10)));
        else
                last_round();
}

NOINLINE static void *thread_main(UNUSED void *argument)
{
        pthread_setspecific(key, keep(malloc(100)));
        return NULL;
}

int main(void)
{
        CHECK(!pthread_key_create(&key, at_thread_end));
        for (int i = 0; i < 50; i++) {
                pthread_t threads[4];

                for (int k = 0; k < 4; k++)
                        CHECK(!pthread_create(&threads[k], NULL, thread_main, NULL));
                for (int k = 0; k < 4; k++)
                        pthread_join(threads[k], NULL);
        }
        return 0;
}
