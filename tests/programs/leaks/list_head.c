/* Of a list whose head was dropped the first block is definitely lost and the rest hangs on it; who keeps its tail keeps
 * only that.
 * expect: leak dropped class=definite blocks=1 bytes=32
 * expect: leak dropped class=indirect blocks=99 bytes=99*32 root=dropped
 * expect: leak tail_kept class=definite blocks=1 bytes=32
 * expect: leak tail_kept class=indirect blocks=9 bytes=9*32 root=tail_kept
 * expect: leak tail_kept class=reachable blocks=5 bytes=5*32
 */
#include "leaks.h"

struct node *volatile tail;

NOINLINE static struct node *list(int count)
{
        struct node *first = NULL;

        while (count-- > 0)
                first = node_linked(malloc(sizeof *first), first);
        return first;
}

NOINLINE static void dropped(void) { keep(list(100)); }

NOINLINE static void tail_kept(void)
{
        struct node *node = list(15);

        for (int i = 0; i < 10; i++)
                node = node->next;
        tail = node;
}

int main(void)
{
        dropped();
        tail_kept();
        scrub();
        return 0;
}
