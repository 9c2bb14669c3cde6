/* A pointer into a block keeps it only possibly; one behind its last byte, or before its first, does not keep it at all.
 * expect: leak middle class=possible blocks=1 bytes=101
 * expect: leak last_byte class=possible blocks=1 bytes=102
 * expect: leak behind class=definite blocks=1 bytes=104
 * expect: leak before class=definite blocks=1 bytes=112
 * expect: leak both_ways class=reachable blocks=1 bytes=106
 * expect: leak large class=possible blocks=1 bytes=3MiB
 */
#include "leaks.h"

char *volatile root[7];

NOINLINE static void middle(void) { root[0] = (char *)malloc(101) + 50; }
NOINLINE static void last_byte(void) { root[1] = (char *)malloc(102) + 101; }
NOINLINE static void behind(void) { root[2] = (char *)malloc(104) + 104; }
NOINLINE static void before(void) { root[3] = (char *)malloc(112) - 1; }
NOINLINE static void large(void) { root[6] = (char *)malloc(3 << 20) + (2 << 20); }

NOINLINE static void both_ways(void)
{
        root[4] = malloc(106);
        root[5] = root[4] + 10;
}

int main(void)
{
        middle();
        last_byte();
        behind();
        before();
        both_ways();
        large();
        scrub();
        return 0;
}
