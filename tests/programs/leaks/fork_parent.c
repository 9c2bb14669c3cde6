/* A parent leaks after it has forked, its child does not; it keeps what it was born with, and frees some of it.
 * expect: processes 2
 * expect: leak by_parent in main class=definite blocks=1 bytes=100
 * expect: leak by_parent in fork class=definite blocks=0
 * expect: leak freed_by_child in main class=reachable blocks=1 bytes=200
 */
#include "leaks.h"
#include <sys/wait.h>

void *volatile kept;

NOINLINE static void by_parent(void) { keep(malloc(100)); }
NOINLINE static void freed_by_child(void) { kept = malloc(200); }

int main(void)
{
        pid_t child;

        freed_by_child();
        scrub();
        child = fork();
        if (child == 0) {
                free(kept);
                exit(0);
        }
        by_parent();
        waitpid(child, NULL, 0);
        scrub();
        return 0;
}
