/* The frames below which exit is called are alive, so what they hold is reachable; what main held when it returned is not.
 * expect: leak in_frame class=reachable blocks=2 bytes=2*100
 * expect: no leaks
 */
#include "leaks.h"

NOINLINE static void *in_frame(void) { return malloc(100); }

NOINLINE static void leave(void *volatile block)
{
        scrub();
        exit(0);
        keep(block);
}

int main(void)
{
        void *volatile block = in_frame();

        leave(in_frame());
        keep(block);
}
