/* Lists of 300,000 blocks are followed to their end, kept or lost, and so is a ring as long.
 * timeout: 60
 * expect: leak kept class=reachable blocks=300000 bytes=300000*32
 * expect: leak lost class=definite blocks=1 bytes=32
 * expect: leak lost class=indirect blocks=299999 bytes=299999*32 root=lost
 * expect: leak ring class=definite blocks=1 bytes=32
 * expect: leak ring class=indirect blocks=299999 bytes=299999*32 root=ring
 * memcheck: varies: its heap lies at low addresses, which other numbers look like
 */
#include "leaks.h"

struct node *volatile root;

NOINLINE static struct node *list(struct node **last)
{
        struct node *first = NULL;

        for (int i = 0; i < 300000; i++) {
                first = node_linked(malloc(sizeof *first), first);
                if (i == 0)
                        *last = first;
        }
        return first;
}

NOINLINE static void kept(void)
{
        struct node *last;

        root = list(&last);
}

NOINLINE static void lost(void)
{
        struct node *last;

        keep(list(&last));
}

NOINLINE static void ring(void)
{
        struct node *last, *first = list(&last);

        last->next = first;
}

int main(void)
{
        kept();
        lost();
        ring();
        scrub();
        return 0;
}
