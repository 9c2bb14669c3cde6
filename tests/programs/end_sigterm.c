/* SIGTERM without a handler, then with one that exits: here the first. The books are exact.
 * expect: signal TERM
 * expect: live holds blocks=50 bytes=50*1000
 * expect: process main end_kind=killed
 */
#include "program.h"
#include <signal.h>

NOINLINE static void holds(void)
{
        keep(malloc(1000));
}

int main(void)
{
        puts("going");
        fflush(stdout);
        for (int i = 0; i < 50; i++)
                holds();
        raise(SIGTERM);
        return 1;
}
