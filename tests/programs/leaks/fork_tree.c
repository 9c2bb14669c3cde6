/* Each process of three generations leaks one block of its own, and with _exit as well as with exit.
 * expect: processes 3
 * expect: leak generation_0 in main class=definite blocks=1 bytes=100
 * expect: leak generation_1 in fork class=definite blocks=1 bytes=101
 * expect: leak generation_2 in fork class=definite blocks=1 bytes=102
 */
#include "leaks.h"
#include <sys/wait.h>

NOINLINE static void generation_0(void) { keep(malloc(100)); }
NOINLINE static void generation_1(void) { keep(malloc(101)); }
NOINLINE static void generation_2(void) { keep(malloc(102)); }

int main(void)
{
        pid_t child = fork();

        if (child == 0) {
                pid_t grandchild = fork();

                if (grandchild == 0) {
                        SCRUBBED(generation_2());
                        _exit(0);
                }
                waitpid(grandchild, NULL, 0);
                SCRUBBED(generation_1());
                exit(0);
        }
        waitpid(child, NULL, 0);
        SCRUBBED(generation_0());
        return 0;
}
