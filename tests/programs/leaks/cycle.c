/* Of a lost ring one block is definitely lost and the others are charged to it; a block that points at itself is lost alone.
 * expect: leak ring_of_2 class=definite blocks=1 bytes=32
 * expect: leak ring_of_2 class=indirect blocks=1 bytes=32 root=ring_of_2
 * expect: leak ring_of_5 class=definite blocks=1 bytes=32
 * expect: leak ring_of_5 class=indirect blocks=4 bytes=4*32 root=ring_of_5
 * expect: leak self class=definite blocks=1 bytes=32
 * expect: leak ring_kept class=reachable blocks=3 bytes=3*32
 */
#include "leaks.h"

struct node *volatile kept;

NOINLINE static struct node *ring(int count)
{
        struct node *first = node_linked(malloc(sizeof *first), NULL), *last = first;

        first->next = first;
        for (int i = 1; i < count; i++)
                last = last->next = node_linked(malloc(sizeof *last), first);
        return first;
}

NOINLINE static void ring_of_2(void) { keep(ring(2)); }
NOINLINE static void ring_of_5(void) { keep(ring(5)); }
NOINLINE static void ring_kept(void) { kept = ring(3); }
NOINLINE static void self(void) { keep(ring(1)); }

int main(void)
{
        ring_of_2();
        ring_of_5();
        ring_kept();
        self();
        scrub();
        return 0;
}
