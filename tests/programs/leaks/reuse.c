/* Places that one function freed and another took again: what is lost there is the latter's, and each is counted once.
 * expect: leak lost class=definite blocks=100 bytes=100*90
 * expect: leak freed class=definite blocks=0
 */
#include "leaks.h"

NOINLINE static void *freed(void) { return malloc(96); }
NOINLINE static void lost(void) { keep(malloc(90)); }

int main(void)
{
        for (int i = 0; i < 100; i++) {
                free(freed());
                lost();
        }
        scrub();
        return 0;
}
