/* Of a lost tree only the top is definitely lost. Of a kept tree nothing is, and a branch that is cut off is a tree too.
 * expect: leak lost<top class=definite blocks=1 bytes=32
 * expect: leak lost<branch class=indirect blocks=62 bytes=62*32 root=top
 * expect: leak kept class=reachable blocks=31-7 bytes=24*32
 * expect: leak kept class=definite blocks=1 bytes=32
 * expect: leak kept class=indirect blocks=6 bytes=6*32 root=kept
 */
#include "leaks.h"

struct node *volatile root;

NOINLINE static struct node *lost(void) { return malloc(sizeof(struct node)); }
NOINLINE static struct node *kept(void) { return malloc(sizeof(struct node)); }

NOINLINE static struct node *branch(struct node *(*make)(void), int depth)
{
        struct node *node = make();

        node->next = depth > 1 ? branch(make, depth - 1) : NULL;
        node->other = depth > 1 ? branch(make, depth - 1) : NULL;
        return node;
}

NOINLINE static void top(void)
{
        struct node *node = lost();

        node->next = branch(lost, 5);
        node->other = branch(lost, 5);
        keep(node);
}

NOINLINE static void kept_and_cut(void)
{
        root = branch(kept, 5);
        root->next->other = NULL;
}

int main(void)
{
        top();
        kept_and_cut();
        scrub();
        return 0;
}
