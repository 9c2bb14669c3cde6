/* A program that aborts is not looked at: it did not come to the point where it would have freed.
 * expect: signal ABRT
 * expect: live lost blocks=1 bytes=100
 * expect: sql SELECT count(*) FROM leak_scan => 0
 * memcheck: differs lost 1/100 possible 0/0: it looks however a program ends
 * lsan: cannot: it looks at the end of exit only
 */
#include "leaks.h"

NOINLINE static void lost(void) { keep(malloc(100)); }

int main(void)
{
        SCRUBBED(lost());
        abort();
}
