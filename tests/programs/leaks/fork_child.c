/* A child leaks, its parent does not.
 * expect: processes 2
 * expect: leak by_child in fork class=definite blocks=1 bytes=100
 * expect: leak by_child in main class=definite blocks=0
 * expect: leak for_both in main class=reachable blocks=1 bytes=200
 */
#include "leaks.h"
#include <sys/wait.h>

void *volatile kept;

NOINLINE static void by_child(void) { keep(malloc(100)); }
NOINLINE static void for_both(void) { kept = malloc(200); }

int main(void)
{
        pid_t child;

        for_both();
        scrub();
        child = fork();
        if (child == 0) {
                SCRUBBED(by_child());
                exit(0);
        }
        waitpid(child, NULL, 0);
        scrub();
        return 0;
}
