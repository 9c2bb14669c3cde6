/* SIGTERM with a handler that calls exit from inside: destructors run in the handler, the walk agrees.
 * expect: exit 12
 * expect: live holds blocks=50 bytes=50*1000
 * expect: live on_signal blocks=1 bytes=66
 * expect: process main end_kind=exit
 * expect: walk agrees
 */
#include "program.h"
#include <signal.h>

NOINLINE static void holds(void)
{
        keep(malloc(1000));
}

NOINLINE static void on_signal(UNUSED int number)
{
        keep(malloc(66));
        exit(12);
}

int main(void)
{
        signal(SIGTERM, on_signal);
        for (int i = 0; i < 50; i++)
                holds();
        raise(SIGTERM);
        return 1;
}
