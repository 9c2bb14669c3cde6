/* posix_spawn of a program that prints its LD_PRELOAD and its descriptors: it sees nothing of ours.
 * modes: off traced
 * expect: exit 0
 * expect: processes 1
 * expect: live own blocks=3 bytes=3*5
 * expect: walk agrees
 */
#include "program.h"
#include <spawn.h>
#include <sys/wait.h>

NOINLINE static void own(void)
{
        keep(malloc(5));
}

int main(void)
{
        char *arguments[] = {"sh", "-c", "echo preload=$LD_PRELOAD; env | grep -c HEAPTAP; ls /proc/self/fd | wc -l", NULL};
        extern char **environ;

        for (int i = 0; i < 3; i++) {
                pid_t pid;
                int status;

                CHECK(!posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ));
                CHECK(waitpid(pid, &status, 0) == pid && status == 0);
                own();
        }
        return 0;
}
