/* Exec while three threads allocate without pause: the new image starts, and what the old one held is known.
 * options: --follow
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live held in main blocks=100 bytes=100*64
 * expect: live held in exec blocks=1 bytes=64
 * expect: sql SELECT end_kind, walk FROM process WHERE kind = 'exec' => exit|agrees
 */
#include "program.h"
#include <pthread.h>

NOINLINE static void held(void)
{
        keep(malloc(64));
}

NOINLINE static void *busy(UNUSED void *argument)
{
        for (;;)
                free(keep(malloc(50)));
        return NULL;
}

int main(int argc, char **argv)
{
        if (argc > 1) {
                held();
                return 0;
        }
        for (int i = 0; i < 100; i++)
                held();
        for (int i = 0; i < 3; i++) {
                pthread_t thread;

                CHECK(!pthread_create(&thread, NULL, busy, NULL));
        }
        sleep_ms(50);
        execl("/proc/self/exe", argv[0], "again", NULL);
        return 1;
}
