/* Children made behind the back of pthread_atfork: _Fork, and the bare clone. Each allocates and frees; the parent's
 * books must not show it.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live parents in main blocks=50 bytes=50*40
 * expect: total parents in main frees=0
 * expect: live childs in main blocks=0
 * expect: total childs in main allocations=0
 * expect: total childs in fork allocations=0..2000
 * expect: total after in main allocations=100 frees=100
 * expect: walk agrees
 */
#include "program.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void *blocks[50];

NOINLINE static void *parents(void)
{
        return keep(malloc(40));
}

NOINLINE static void childs(void)
{
        for (int i = 0; i < 50; i++)
                free(blocks[i]);
        for (int i = 0; i < 100; i++)
                memset(keep(malloc(40)), 3, 40);
}

NOINLINE static void after(void)
{
        for (int i = 0; i < 5; i++)
                free(keep(malloc(44)));
}

int main(void)
{
        for (int i = 0; i < 50; i++)
                blocks[i] = memset(parents(), 7, 40);
        for (int i = 0; i < 20; i++) {
                pid_t pid = i % 2 ? _Fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
                int status;

                CHECK(pid >= 0);
                if (!pid) {
                        childs();
                        _exit(i);
                }
                CHECK(waitpid(pid, &status, 0) == pid);
                CHECK(WIFEXITED(status) && WEXITSTATUS(status) == i);
                after();
        }
        for (int i = 0; i < 50; i++)
                CHECK(*(char *)blocks[i] == 7);
        return 0;
}
