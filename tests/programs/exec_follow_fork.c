/* Under --follow the programs that children execute are recorded too: fork and exec, vfork and exec, posix_spawn.
 * options: --follow
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live in_image in exec blocks=3 bytes=10+20+30
 * expect: live in_image in main blocks=0
 * expect: live before blocks=4
 * expect: sql SELECT count(*) FROM process WHERE kind = 'exec' AND walk = 'agrees' => 3
 * expect: walk agrees
 */
#include "program.h"
#include <spawn.h>
#include <sys/wait.h>

NOINLINE static void before(void)
{
        keep(malloc(1));
}

NOINLINE static void in_image(size_t bytes)
{
        keep(malloc(bytes));
}

static void wait_for(pid_t pid)
{
        int status;

        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

int main(int argc, char **argv)
{
        extern char **environ;
        char *arguments[] = {argv[0], "30", NULL};
        pid_t pid;

        if (argc > 1) {
                in_image((size_t)atol(argv[1]));
                return 0;
        }
        before();
        if (!(pid = fork())) {
                before();
                execl("/proc/self/exe", argv[0], "10", NULL);
                _exit(1);
        }
        wait_for(pid);
        before();
        if (!(pid = vfork())) {
                execl("/proc/self/exe", argv[0], "20", NULL);
                _exit(1);
        }
        wait_for(pid);
        before();
        CHECK(!posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ));
        wait_for(pid);
        return 0;
}
