/* Six hundred short threads, each leaves one block behind and takes the one before it along.
 * modes: pools off sampled traced
 * expect: total short_life allocations=600*11 frees=600*11-1
 * expect: live short_life blocks=1 bytes=72
 * expect: process main threads=601 threads_at_exit=1 peak_bytes<=200000 mapped<=64MiB
 * expect: sql SELECT count(*) FROM thread WHERE ended => >= 600
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

static void *left;

NOINLINE static void *short_life(UNUSED void *argument)
{
        void *blocks[10];

        free(left);
        left = keep(malloc(72));
        for (int i = 0; i < 10; i++)
                blocks[i] = keep(malloc((size_t)(i + 1) * 100));
        for (int i = 0; i < 10; i++)
                free(blocks[i]);
        return NULL;
}

int main(void)
{
        for (int i = 0; i < 600; i++) {
                pthread_t thread;

                CHECK(!pthread_create(&thread, NULL, short_life, NULL));
                pthread_join(thread, NULL);
        }
        return 0;
}
