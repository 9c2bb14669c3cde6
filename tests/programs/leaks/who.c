/* Who points at a block that is reachable: a variable by its name, a block by its stack and where in it, up to the block itself.
 * options: --who
 * expect: chain first data:root > block:first
 * expect: chain second data:root > block:first+8 > block:second
 * expect: chain third data:root > block:first+8 > block:second+16 > block:third
 * expect: chain in_array data:array > block:in_array
 * expect: chain in_static data:hidden > block:in_static
 * expect: chain far data:list > cut > block:links > block:far
 * expect: no leaks
 */
#include "leaks.h"

struct node *volatile root;
void *volatile array[100];
void *volatile list;

NOINLINE static struct node *first(void) { return calloc(1, 32); }
NOINLINE static struct node *second(void) { return calloc(1, 48); }
NOINLINE static struct node *third(void) { return calloc(1, 64); }
NOINLINE static struct node *far(void) { return calloc(1, 80); }
NOINLINE static void in_array(void) { array[70] = malloc(100); }

NOINLINE static void in_static(void)
{
        static void *volatile hidden;

        *(void *volatile *)keep((void *)&hidden) = malloc(110);
}

NOINLINE static void links(void)
{
        struct node *node = far();

        for (int i = 0; i < 50; i++)
                node = node_linked(malloc(sizeof *node), node);
        list = node;
}

NOINLINE static void fill(void)
{
        root = first();
        root->other = second();
        memcpy(root->other->rest, &(void *){third()}, sizeof(void *));
        in_array();
        in_static();
        links();
}

int main(void)
{
        fill();
        scrub();
        return 0;
}
