/* vfork and exec: the child borrows the parent's memory, allocates in it, and goes. Without --follow it is not recorded.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: processes 1
 * expect: live between blocks=10 bytes=10*70
 * expect: walk agrees
 */
#include "program.h"
#include <sys/wait.h>

NOINLINE static void between(void)
{
        keep(malloc(70));
}

static volatile int i; /* not on the stack that vfork shares */

int main(void)
{
        for (i = 0; i < 10; i++) {
                pid_t pid = vfork();
                int status;

                if (!pid) {
                        execl("/bin/true", "true", NULL);
                        _exit(1);
                }
                CHECK(waitpid(pid, &status, 0) == pid && status == 0);
                between();
        }
        /* A failed exec comes back into the borrowed memory. */
        for (i = 0; i < 10; i++) {
                pid_t pid = vfork();
                int status;

                if (!pid) {
                        execl("/nowhere/to/be/found", "x", NULL);
                        _exit(7);
                }
                CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
        }
        return 0;
}
