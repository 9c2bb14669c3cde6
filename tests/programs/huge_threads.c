/* Large and huge blocks go round among four threads: made by one, resized by the next, freed by the third.
 * expect: exit 0
 * expect: sql SELECT sum(allocations) + sum(resizes) FROM site_function WHERE function = 'worker' => 3200
 * expect: live worker blocks=0 bytes=0
 * expect: process main frees_foreign=0 frees_interior=0 frees_double=0
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

static _Atomic(size_t *) slots[16];

static void release(size_t *block)
{
        if (block)
                CHECK(block[0] == (size_t)block[1] * 3 + 1);
        free(block);
}

NOINLINE static void *worker(void *argument)
{
        unsigned random = (unsigned)(long)argument * 7919 + 1;

        for (int i = 0; i < 400; i++) {
                size_t *block, *old;

                random = random * 1664525 + 1013904223;
                block = malloc(((size_t)33 << 10) + (random >> 8) % (6 << 20));
                block[1] = random;
                block[0] = (size_t)random * 3 + 1;
                old = __atomic_exchange_n(&slots[(random >> 4) & 15], block, __ATOMIC_ACQ_REL);
                old = realloc(old, ((size_t)40 << 10) + (random >> 9) % (5 << 20));
                old[1] = random;
                old[0] = (size_t)random * 3 + 1;
                release(__atomic_exchange_n(&slots[random & 15], old, __ATOMIC_ACQ_REL));
        }
        return NULL;
}

int main(void)
{
        pthread_t threads[4];

        for (long i = 0; i < 4; i++)
                CHECK(!pthread_create(&threads[i], NULL, worker, (void *)i));
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        for (int i = 0; i < 16; i++)
                release(slots[i]);
        return 0;
}
