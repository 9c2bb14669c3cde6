/* The nine ways from a root to a block, by way of another or not, by its start or by a place within it.
 * expect: leak case1 class=reachable blocks=1 bytes=101
 * expect: leak case2 class=reachable blocks=2 bytes=32+102
 * expect: leak case3 class=definite blocks=1 bytes=103
 * expect: leak case4 class=definite blocks=1 bytes=32
 * expect: leak case4 class=indirect blocks=1 bytes=104 root=case4
 * expect: leak case5 class=possible blocks=1 bytes=105
 * expect: leak case6 class=reachable blocks=1 bytes=32
 * expect: leak case6 class=possible blocks=1 bytes=106
 * expect: leak case7 class=possible blocks=2 bytes=32+107
 * expect: leak case8 class=possible blocks=2 bytes=32+108
 * expect: leak case9 class=definite blocks=1 bytes=32
 * expect: leak case9 class=indirect blocks=1 bytes=109 root=case9
 */
#include "leaks.h"

#define INSIDE 24

void *volatile root[10];

/* A block of 100 + number bytes behind a node that points offset bytes into it. */
NOINLINE static char *behind(char *block, int offset)
{
        return (char *)node_linked(malloc(sizeof(struct node)), (struct node *)(block + offset));
}

NOINLINE static void case1(void) { root[1] = malloc(101); }
NOINLINE static void case2(void) { root[2] = behind(malloc(102), 0); }
NOINLINE static void case3(void) { keep(malloc(103)); }
NOINLINE static void case4(void) { keep(behind(malloc(104), 0)); }
NOINLINE static void case5(void) { root[5] = (char *)malloc(105) + INSIDE; }
NOINLINE static void case6(void) { root[6] = behind(malloc(106), INSIDE); }
NOINLINE static void case7(void) { root[7] = behind(malloc(107), 0) + INSIDE; }
NOINLINE static void case8(void) { root[8] = behind(malloc(108), INSIDE) + INSIDE; }
NOINLINE static void case9(void) { keep(behind(malloc(109), INSIDE)); }

int main(void)
{
        case1();
        case2();
        case3();
        case4();
        case5();
        case6();
        case7();
        case8();
        case9();
        scrub();
        return 0;
}
