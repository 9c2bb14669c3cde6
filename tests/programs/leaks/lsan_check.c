/* A check that the program asks for itself, and goes on after it, finds what is lost so far; a second one what came since.
 * expect: leak before class=definite blocks=1 bytes=100
 * expect: leak after class=definite blocks=2 bytes=2*200
 * expect: scan main scans=2
 * compare: stdout exit
 * lsan: cannot: its own calls are those that are tried
 */
#include "leaks.h"

__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

NOINLINE static void before(void) { keep(malloc(100)); }
NOINLINE static void after(void) { keep(malloc(200)); }

NOINLINE static int found(void) { return __lsan_do_recoverable_leak_check ? __lsan_do_recoverable_leak_check() : 1; }

int main(void)
{
        SCRUBBED(before());
        if (!found())
                puts("nothing found");
        SCRUBBED(after());
        SCRUBBED(after());
        return 0;
}
