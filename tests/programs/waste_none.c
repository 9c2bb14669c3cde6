/* A dense heap: nothing is pinned. Slabs that are full, slabs of which every third block was freed, one that a thread
 * is only filling, and those that threads allocate from and free to all the time, hold nothing back.
 * expect: total * pinned_bytes=0 pinning_blocks=0 pinned_slabs=0
 * expect: process main sparse_slabs=0 empty_pinned=0
 * expect: sql SELECT empty_dense FROM process => >= 48*9900
 * expect: sql SELECT empty_filling FROM process => >= 32*1500
 * expect: empty agrees
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

static void *blocks[30000], *passing[1800];

NOINLINE static void *fills(size_t size) { return keep(malloc(size)); }
NOINLINE static void *thins(void) { return keep(malloc(48)); }
NOINLINE static void *stays(void) { return keep(malloc(32)); }
NOINLINE static void *passes(void) { return keep(malloc(32)); }

static void *work(UNUSED void *argument)
{
        for (int i = 0; i < 30000; i++)
                fills(16 + (size_t)i % 8 * 100);
        fills(5000);
        fills(30000);
        return NULL;
}

int main(void)
{
        pthread_t thread;

        work(NULL);
        CHECK(!pthread_create(&thread, NULL, work, NULL));
        pthread_join(thread, NULL);
        for (int i = 0; i < 30000; i++)
                blocks[i] = thins();
        for (int i = 0; i < 30000; i += 3)
                free(blocks[i]);
        stays();
        for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 1800; i++)
                        passing[i] = passes();
                for (int i = 0; i < 1800; i++)
                        free(passing[i]);
        }
        return 0;
}
