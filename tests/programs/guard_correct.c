/* Guarded blocks are blocks like others to a program that keeps within them: also resized, aligned, freed by another
 * thread, and wrong frees of them are told as of others.
 * options: --guard 1
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: error double main allocated=block block_bytes=100
 * expect: error interior main allocated=block offset=16
 * expect: sql SELECT count(*) FROM error => 2
 * expect: walk agrees
 * expect: counts agree
 * expect: live block blocks=0
 * expect: sql SELECT count(*) >= 8 FROM guarded => 1
 */
#include "program.h"
#include <pthread.h>

NOINLINE static char *block(size_t bytes)
{
        return memset(keep(malloc(bytes)), 1, bytes);
}

static void *frees(void *a)
{
        free(a);
        return NULL;
}

int main(void)
{
        char *a;
        pthread_t thread;

        for (int i = 0; i < 1000; i++) {
                a = block(1 + i % 4096);
                CHECK(malloc_usable_size(a) >= 1u + i % 4096 && malloc_usable_size(a) < 17u + i % 4096);
                a = keep(realloc(a, 50 + i % 5000));
                CHECK(a[0] == 1);
                free(a);
                a = keep(memalign((size_t)16 << i % 9, 1 + i % 300));
                CHECK((uintptr_t)a % ((size_t)16 << i % 9) == 0);
                free(a);
                a = keep(calloc(1, 200));
                for (int j = 0; j < 200; j++)
                        CHECK(!a[j]);
                memset(a, 1, 200);
                free(a);
        }
        a = block(100);
        CHECK(!pthread_create(&thread, NULL, frees, a));
        CHECK(!pthread_join(thread, NULL));
        free(keep(a));
        a = block(100);
        free(keep(a + 16));
        free(a);
        return 0;
}
