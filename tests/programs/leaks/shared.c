/* A block that two lost ones point at is charged once; one that a kept one points at as well is reachable.
 * expect: leak parent class=definite blocks=2 bytes=2*32
 * expect: leak child class=indirect blocks=1 bytes=200 root=parent
 * expect: leak lost_owner class=definite blocks=1 bytes=32
 * expect: leak kept_owner class=reachable blocks=1 bytes=32
 * expect: leak in_both class=reachable blocks=1 bytes=300
 */
#include "leaks.h"

struct node *volatile root;

NOINLINE static void *child(void) { return malloc(200); }
NOINLINE static void *in_both(void) { return malloc(300); }
NOINLINE static void parent(void *of) { keep(node_linked(malloc(sizeof(struct node)), of)); }
NOINLINE static void lost_owner(void *of) { keep(node_linked(malloc(sizeof(struct node)), of)); }
NOINLINE static void kept_owner(void *of) { root = node_linked(malloc(sizeof(struct node)), of); }

NOINLINE static void lose(void)
{
        void *block = child();

        parent(block);
        parent(block);
        block = in_both();
        lost_owner(block);
        kept_owner(block);
}

int main(void)
{
        lose();
        scrub();
        return 0;
}
