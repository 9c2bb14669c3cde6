/* With --on-error=abort the first wrong free ends the program, as glibc does it, but not before everything is told.
 * options: --on-error=abort
 * compare: exit
 * modes: traced
 * expect: signal ABRT
 * expect: error double twice allocated=block block_bytes=100
 * expect: sql SELECT sum(count) FROM error => 1
 * expect: process main end_kind=error walk=agrees
 * expect: live block blocks=9 bytes=900
 */
#include "program.h"

NOINLINE static void *block(void)
{
        return keep(malloc(100));
}

NOINLINE static void twice(void *a)
{
        free(keep(a));
        free(keep(a));
}

int main(void)
{
        for (int i = 0; i < 9; i++)
                block();
        twice(block());
        write(1, "after\n", 6);
        return 0;
}
