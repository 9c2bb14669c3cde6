/* A program that ends with _exit: its functions of atexit do not run, and what the frames hold is reachable.
 * expect: exit 3
 * expect: leak lost class=definite blocks=1 bytes=100
 * expect: leak kept class=reachable blocks=1 bytes=200
 * expect: leak in_frame class=reachable blocks=1 bytes=300
 * lsan: cannot: it looks at the end of exit only
 */
#include "leaks.h"

void *volatile root;

NOINLINE static void lost(void) { keep(malloc(100)); }
NOINLINE static void kept(void) { root = malloc(200); }
NOINLINE static void *in_frame(void) { return malloc(300); }

static void never(void)
{
        free(root);
}

int main(void)
{
        void *volatile block = in_frame();

        lost();
        kept();
        atexit(never);
        scrub();
        _exit(3);
        keep(block);
}
