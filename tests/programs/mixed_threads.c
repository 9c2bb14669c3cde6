/* Four threads do all of it at random with a fixed seed: malloc, calloc, realloc, aligned, free of their own and of
 * others' blocks. The program counts for itself, prints nothing, and asks the profile for the same totals.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: sql SELECT sum(allocations) + sum(resizes) FROM site WHERE size_max BETWEEN 1 AND 70000 AND id IN
 *         (SELECT site FROM site_stack WHERE function = 'random_work') => 200000
 * expect: live random_work blocks=0 bytes=0
 * expect: process main peak_bound>=0 frees_foreign=0 frees_interior=0 frees_double=0
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

enum { THREADS = 4, OPERATIONS = 50000, SLOTS = 500 };

static _Atomic(unsigned char *) slots[SLOTS];

static void release(unsigned char *block)
{
        if (block) {
                CHECK(block[0] == 0xc3);
                free(block);
        }
}

NOINLINE static void *random_work(void *argument)
{
        uint64_t random = (uint64_t)(long)argument * 0x9E3779B97F4A7C15u + 1;

        for (int i = 0; i < OPERATIONS; i++) {
                unsigned char *block;
                size_t bytes;

                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                bytes = (random >> 8) % 100 ? (random >> 20) % 600 + 1 : (random >> 20) % 60000 + 1;
                switch (random & 7) {
                case 0: block = calloc(1, bytes); break;
                case 1: block = aligned_alloc(64, bytes); break;
                case 2:
                        block = __atomic_exchange_n(&slots[(random >> 40) % SLOTS], NULL, __ATOMIC_ACQ_REL);
                        CHECK(!block || block[0] == 0xc3);
                        block = realloc(block, bytes);
                        break;
                default: block = malloc(bytes);
                }
                block[0] = 0xc3;
                release(__atomic_exchange_n(&slots[(random >> 50) % SLOTS], block, __ATOMIC_ACQ_REL));
        }
        return NULL;
}

int main(void)
{
        pthread_t threads[THREADS];

        for (long i = 0; i < THREADS; i++)
                CHECK(!pthread_create(&threads[i], NULL, random_work, (void *)i));
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        for (int i = 0; i < SLOTS; i++)
                release(slots[i]);
        return 0;
}
