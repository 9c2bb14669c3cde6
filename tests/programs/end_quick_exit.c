/* quick_exit runs its own handlers, which allocate; nothing is lost.
 * expect: exit 8
 * expect: live holds blocks=500 bytes=500*100
 * expect: live at_quick blocks=1 bytes=55
 * expect: process main end_kind=_exit
 */
#include "program.h"

NOINLINE static void holds(void)
{
        keep(malloc(100));
}

NOINLINE static void at_quick(void)
{
        keep(malloc(55));
}

int main(void)
{
        at_quick_exit(at_quick);
        for (int i = 0; i < 500; i++)
                holds();
        quick_exit(8);
}
