/* A hundred threads each hold a block, some in a frame, some in a register, some waiting, some running; none is lost.
 * expect: leak held class=reachable blocks=100 bytes=100*64
 * expect: no leaks
 */
#include "leaks.h"
#include <pthread.h>

static volatile int ready;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

NOINLINE static void *held(void) { return malloc(64); }

static void *thread(void *argument)
{
        void *block = held();
        long number = (long)argument;

        __atomic_add_fetch(&ready, 1, __ATOMIC_RELEASE);
        pthread_mutex_lock(&mutex);
        for (;;) {
                if (number % 10 == 0) {
                        pthread_mutex_unlock(&mutex);
                        for (;;) {
                                sleep_ms(number % 20 ? 1 : 1000);
                                block = keep(block);
                        }
                }
                pthread_cond_wait(&never, &mutex);
                block = keep(block);
        }
        return block;
}

int main(void)
{
        for (long i = 0; i < 100; i++) {
                pthread_t id;
                pthread_attr_t attributes;

                pthread_attr_init(&attributes);
                pthread_attr_setstacksize(&attributes, 128 << 10);
                CHECK(pthread_create(&id, &attributes, thread, (void *)i) == 0);
                pthread_attr_destroy(&attributes);
        }
        while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) < 100)
                sleep_ms(1);
        sleep_ms(20);
        exit(0);
}
