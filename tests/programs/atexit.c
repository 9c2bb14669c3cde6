/* Handlers of atexit and on_exit allocate and free after main, in the right order, and their leaks are seen.
 * modes: pools off sampled traced
 * expect: exit 6
 * expect: total handler allocations=40 frees=32
 * expect: live handler blocks=8 bytes=8*90
 * expect: live on_exit_handler blocks=1 bytes=6
 * expect: process main end_kind=exit
 * expect: walk agrees
 */
#include "program.h"

static int calls;

NOINLINE static void handler(void)
{
        for (int i = 0; i < 4; i++)
                free(keep(malloc(80)));
        keep(malloc(90));
        printf("handler %d\n", ++calls);
}

NOINLINE static void on_exit_handler(int status, UNUSED void *argument)
{
        keep(malloc((size_t)status));
        printf("status %d\n", status);
}

int main(void)
{
        quiet_streams();
        on_exit(on_exit_handler, NULL);
        for (int i = 0; i < 8; i++)
                atexit(handler);
        exit(6);
}
