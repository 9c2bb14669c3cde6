/* A crash is the program's own: the same signal, no handler of ours in between, exact books.
 * modes: pools off sampled traced
 * expect: signal SEGV
 * expect: live holds blocks=60 bytes=60*70
 * expect: process main end_kind=killed
 */
#include "program.h"
#include <signal.h>

NOINLINE static void holds(void)
{
        keep(malloc(70));
}

int main(void)
{
        for (int i = 1; i < 32; i++) {
                struct sigaction action;

                /* SIGURG, which does nothing by default, may be what a scan for leaks would ask threads by. */
                CHECK(!sigaction(i, NULL, &action) && (action.sa_handler == SIG_DFL || i == SIGURG));
        }
        for (int i = 0; i < 60; i++)
                holds();
        *(volatile int *)keep(NULL) = 1;
        return 0;
}
