/* _exit in the middle of work loses nothing: 1000 blocks more are known than were ever sent.
 * modes: pools off sampled traced
 * expect: exit 7
 * expect: live holds blocks=1000 bytes=1000*100
 * expect: process main end_kind=_exit
 */
#include "program.h"

NOINLINE static void holds(void)
{
        keep(malloc(100));
}

int main(void)
{
        for (int i = 0; i < 1000; i++)
                holds();
        _exit(7);
}
