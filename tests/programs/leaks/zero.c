/* Blocks of no bytes can be lost, and kept, like others.
 * expect: leak lost class=definite blocks=3 bytes=0
 * expect: leak kept class=reachable blocks=2 bytes=0
 * lsan: differs lost 3/3 possible 0/0: it gives a byte for none
 */
#include "leaks.h"

void *volatile root[2];

NOINLINE static void lost(void) { keep(malloc(0)); }

NOINLINE static void kept(int i)
{
        root[i] = i ? calloc(0, 8) : malloc(0);
}

int main(void)
{
        for (int i = 0; i < 3; i++)
                lost();
        kept(0);
        kept(1);
        scrub();
        return 0;
}
