/* Handlers of pthread_atfork allocate before the fork, after it in the parent, and after it in the child.
 * modes: pools off sampled traced
 * expect: processes 11
 * expect: live prepare in main blocks=10 bytes=10*11
 * expect: live in_parent in main blocks=10 bytes=10*12
 * expect: live in_child in fork blocks=10 bytes=10*13
 * expect: live in_child in main blocks=0
 * expect: walk agrees
 */
#include "program.h"
#include <pthread.h>
#include <sys/wait.h>

NOINLINE static void prepare(void) { keep(malloc(11)); }
NOINLINE static void in_parent(void) { keep(malloc(12)); }
NOINLINE static void in_child(void) { keep(malloc(13)); }

int main(void)
{
        CHECK(!pthread_atfork(prepare, in_parent, in_child));
        for (int i = 0; i < 10; i++) {
                int status;

                if (!fork())
                        exit(0);
                wait(&status);
                CHECK(status == 0);
        }
        return 0;
}
