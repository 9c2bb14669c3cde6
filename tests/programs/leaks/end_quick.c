/* A program that ends with quick_exit, having freed some there.
 * expect: leak lost class=definite blocks=1 bytes=100
 * expect: leak kept class=reachable blocks=1 bytes=200
 * expect: total freed allocations=1 frees=1
 * lsan: cannot: it looks at the end of exit only
 * memcheck: cannot: it frees libc's blocks first only at exit
 */
#include "leaks.h"

void *volatile root;
static void *block;

NOINLINE static void lost(void) { keep(malloc(100)); }
NOINLINE static void kept(void) { root = malloc(200); }
NOINLINE static void freed(void) { block = malloc(300); }

static void at_end(void)
{
        free(block);
}

int main(void)
{
        lost();
        kept();
        freed();
        CHECK(at_quick_exit(at_end) == 0);
        scrub();
        quick_exit(0);
}
