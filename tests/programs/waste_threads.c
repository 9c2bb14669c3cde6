/* One block is left in each slab of six threads: three have ended at the end of the program, three have not, and of each
 * three one has left the freeing to the main thread. 20 slabs each with blocks of 512 bytes; a thread that has not ended
 * keeps one slab for itself.
 * expect: total survives pinned_bytes=6*18*512*127..6*20*512*127 pinned_slabs=6*18..6*20
 * expect: total survives<work pinning_blocks=6*18..6*20
 * expect: total passes pinned_bytes=0
 * expect: total fills pinned_bytes=0
 * expect: first waste survives
 * expect: empty agrees
 * expect: process main threads_at_exit=4
 */
#include "program.h"
#include <pthread.h>
#include <stdbool.h>

enum { THREADS = 6, SLABS = 20, A_SLAB = 128, BLOCKS = SLABS * A_SLAB, FILLS = 50000 };

struct worker {
        bool stays, leaves_freeing;
        void *blocks[BLOCKS], *filled[FILLS];
};

static struct worker workers[THREADS];
static pthread_barrier_t filled, freed; /* nobody fills what another has freed */

NOINLINE static void *passes(void) { return keep(malloc(512)); }
NOINLINE static void *survives(void) { return keep(malloc(512)); }
NOINLINE static void *fills(void) { return keep(malloc(16)); }

static void free_most(struct worker *worker)
{
        for (size_t i = 0; i < BLOCKS; i++)
                if (i % A_SLAB)
                        free(worker->blocks[i]);
}

NOINLINE static void *work(void *argument)
{
        struct worker *worker = argument;

        for (size_t i = 0; i < FILLS; i++)
                worker->filled[i] = fills();
        for (size_t i = 0; i < BLOCKS; i++)
                worker->blocks[i] = i % A_SLAB ? passes() : survives();
        pthread_barrier_wait(&filled);
        if (!worker->leaves_freeing)
                free_most(worker);
        if (worker->stays) {
                pthread_barrier_wait(&freed);
                for (;;)
                        pause();
        }
        return NULL;
}

int main(void)
{
        pthread_t thread[THREADS];

        CHECK(!pthread_barrier_init(&filled, NULL, THREADS));
        CHECK(!pthread_barrier_init(&freed, NULL, 1 + THREADS / 2));
        for (unsigned i = 0; i < THREADS; i++) {
                workers[i].stays = i % 2;
                workers[i].leaves_freeing = i / 2 == 0;
                CHECK(!pthread_create(&thread[i], NULL, work, &workers[i]));
        }
        for (unsigned i = 0; i < THREADS; i += 2)
                pthread_join(thread[i], NULL);
        pthread_barrier_wait(&freed);
        for (unsigned i = 0; i < THREADS; i++)
                if (workers[i].leaves_freeing)
                        free_most(&workers[i]);
        return 0;
}
