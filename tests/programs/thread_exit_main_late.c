/* main ends by pthread_exit, and another thread goes on for longer than it takes to be sure that a process is dead: its
 * events all arrive, once.
 * modes: traced
 * compare: nothing
 * expect: exit 0
 * expect: total works allocations=3*50 frees=3*50
 * expect: live stays blocks=3
 * expect: process main end_kind=exit
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 50; i++)
                free(keep(malloc(30)));
}

NOINLINE static void stays(void)
{
        keep(malloc(40));
}

static void *last_thread(UNUSED void *argument)
{
        for (int i = 0; i < 3; i++) {
                works();
                stays();
                sleep_ms(i < 2 ? 1300 : 0);
        }
        return NULL;
}

int main(void)
{
        pthread_t thread;

        CHECK(!pthread_create(&thread, NULL, last_thread, NULL));
        pthread_exit(NULL);
}
