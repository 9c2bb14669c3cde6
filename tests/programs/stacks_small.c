/* Threads with the smallest stacks that pthreads allow, 16 KiB, allocate in them near their ends.
 * expect: exit 0
 * expect: total in_small_thread allocations=50*40 frees=50*40-50
 * expect: live in_small_thread blocks=50 bytes=50*20
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

NOINLINE static void *in_small_thread(UNUSED void *argument)
{
        char frame[4096];

        keep(memset(frame, 1, sizeof frame));
        for (int i = 0; i < 39; i++)
                free(keep(malloc(16 + (size_t)i * 31)));
        keep(malloc(20));
        return NULL;
}

int main(void)
{
        pthread_attr_t attributes;

        pthread_attr_init(&attributes);
        CHECK(!pthread_attr_setstacksize(&attributes, 16384));
        for (int i = 0; i < 50; i++) {
                pthread_t thread;

                CHECK(!pthread_create(&thread, &attributes, in_small_thread, NULL));
                pthread_join(thread, NULL);
        }
        return 0;
}
