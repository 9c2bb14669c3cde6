/* A block that the program asks to ignore is no leak, and what it points at is reachable.
 * expect: leak ignored class=definite blocks=0
 * expect: leak behind_ignored class=definite blocks=0
 * expect: leak lost class=definite blocks=1 bytes=300
 * memcheck: differs lost 3/432 possible 0/0: it knows no such call
 */
#include "leaks.h"

__attribute__((weak)) void __lsan_ignore_object(const void *block);

NOINLINE static void lost(void) { keep(malloc(300)); }
NOINLINE static void *behind_ignored(void) { return malloc(100); }

NOINLINE static void ignored(void)
{
        struct node *node = malloc(sizeof *node);

        node_linked(node, behind_ignored());
        if (__lsan_ignore_object)
                __lsan_ignore_object(node);
}

int main(void)
{
        ignored();
        lost();
        scrub();
        return 0;
}
