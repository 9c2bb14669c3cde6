/* Four threads make blocks and four others free them: every free is charged to the stack that allocated.
 * modes: pools off sampled traced
 * expect: total produce allocations=40000 frees=39996 requested=40000*48
 * expect: live produce blocks=4 bytes=4*48
 * expect: total produce<producer temporary=0..40000
 * expect: process main threads=9 threads_at_exit=1
 * expect: sql SELECT sum(frees) FROM thread WHERE number > 1 => >= 39996
 * expect: sql SELECT sum(thread.allocations) = process.allocations FROM thread JOIN process ON process.id = thread.process => 1
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

enum { PAIRS = 4, BLOCKS = 10000, ROOM = 64 };

static _Atomic(void *) slots[PAIRS][ROOM];

NOINLINE static void *produce(void)
{
        return keep(malloc(48));
}

NOINLINE static void *producer(void *argument)
{
        long pair = (long)argument;

        for (int i = 0; i < BLOCKS; i++) {
                char *block = produce();
                void *empty = NULL;

                memset(block, i, 48);
                while (!__atomic_compare_exchange_n(&slots[pair][i % ROOM], &empty, block, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
                        empty = NULL;
                        sched_yield();
                }
        }
        return NULL;
}

NOINLINE static void *consumer(void *argument)
{
        long pair = (long)argument;

        for (int i = 0; i < BLOCKS; i++) {
                char *block;

                while (!(block = __atomic_exchange_n(&slots[pair][i % ROOM], NULL, __ATOMIC_ACQUIRE)))
                        sched_yield();
                CHECK(block[0] == (char)i && block[47] == (char)i);
                if (i != 77)
                        free(block);
        }
        return NULL;
}

int main(void)
{
        pthread_t threads[2 * PAIRS];

        for (long i = 0; i < PAIRS; i++) {
                CHECK(!pthread_create(&threads[2 * i], NULL, producer, (void *)i));
                CHECK(!pthread_create(&threads[2 * i + 1], NULL, consumer, (void *)i));
        }
        for (int i = 0; i < 2 * PAIRS; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
