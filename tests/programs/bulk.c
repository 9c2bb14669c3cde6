/* Two million events in a hurry, from two threads: none is lost however slow the reader is.
 * expect: exit 0
 * expect: total hurries allocations=1000000 frees=1000000 requested=31498976
 * expect: sql SELECT value FROM meta WHERE key = 'events' => >= 2000000
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

NOINLINE static void *hurries(UNUSED void *argument)
{
        for (size_t i = 0; i < 500000; i++)
                free(keep(malloc(i & 63)));
        return NULL;
}

int main(void)
{
        pthread_t thread;

        CHECK(!pthread_create(&thread, NULL, hurries, NULL));
        hurries(NULL);
        pthread_join(thread, NULL);
        return 0;
}
