/* What hangs on a lost ring is charged to the ring; a ring that hangs on a lost block is charged to that block; and a ring
 * that points at another is what was lost of both.
 * expect: leak ring1 class=definite blocks=1 bytes=32
 * expect: leak ring1 class=indirect blocks=2 bytes=2*32 root=ring1
 * expect: leak tail class=indirect blocks=4 bytes=4*32 root=ring1
 * expect: leak head class=definite blocks=1 bytes=32
 * expect: leak ring2 class=indirect blocks=3 bytes=3*32 root=head
 * expect: leak ring3 class=definite blocks=1 bytes=32
 * expect: leak ring3 class=indirect blocks=1 bytes=32 root=ring3
 * expect: leak ring4 class=indirect blocks=3 bytes=3*32 root=ring3
 */
#include "leaks.h"

NOINLINE static struct node *ring(int count)
{
        struct node *first = node_linked(malloc(sizeof *first), NULL), *last = first;

        first->next = first;
        for (int i = 1; i < count; i++)
                last = last->next = node_linked(malloc(sizeof *last), first);
        return first;
}

NOINLINE static struct node *ring1(void) { return ring(3); }
NOINLINE static struct node *ring2(void) { return ring(3); }
NOINLINE static struct node *ring3(void) { return ring(2); }
NOINLINE static struct node *ring4(void) { return ring(3); }

NOINLINE static struct node *tail(struct node *next) { return node_linked(malloc(sizeof(struct node)), next); }
NOINLINE static struct node *head(struct node *next) { return node_linked(malloc(sizeof(struct node)), next); }

NOINLINE static void lose(void)
{
        struct node *ring = ring1();

        ring->next->other = tail(tail(tail(tail(NULL))));
        keep(head(ring2()));
        /* The blocks of the ring that is pointed at are made first, and those of the other in between. */
        ring = ring4();
        ring3()->next->other = ring;
}

int main(void)
{
        lose();
        scrub();
        return 0;
}
