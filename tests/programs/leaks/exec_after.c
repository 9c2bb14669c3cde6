/* A program that leaks becomes another, which leaks again and is the one to be told of.
 * options: --follow
 * expect: leak after_exec in exec class=definite blocks=1 bytes=200
 * lsan: differs lost 1/200 possible 0/0: it looks at the end of exit only
 * memcheck: cannot: it does not follow
 */
#include "leaks.h"

NOINLINE static void before_exec(void) { keep(malloc(100)); }
NOINLINE static void after_exec(void) { keep(malloc(200)); }

int main(int argc, char **argv)
{
        if (argc > 1) {
                SCRUBBED(after_exec());
                return 0;
        }
        SCRUBBED(before_exec());
        execl("/proc/self/exe", argv[0], "again", (char *)NULL);
        return 1;
}
