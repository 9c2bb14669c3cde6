/* A child in a PID namespace of its own, with a pid that belongs to nobody outside: it is not taken for dead, and does not
 * take the analyzer for dead when the pipe is full.
 * needs: root
 * modes: traced
 * compare: nothing
 * expect: exit 0
 * expect: total works in fork allocations=3*50 frees=3*50
 * expect: total hurries in fork allocations=1000000 frees=1000000
 * expect: walk agrees
 */
#define _GNU_SOURCE
#include "program.h"
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 50; i++)
                free(keep(malloc(30)));
}

NOINLINE static void hurries(void)
{
        for (int i = 0; i < 1000000; i++)
                free(keep(malloc(16 + (size_t)i % 500)));
}

static int child(void)
{
        for (int i = 0; i < 3; i++) {
                works();
                sleep_ms(i < 2 ? 1300 : 0);
        }
        hurries();
        return 0;
}

/* The first process of the namespace: forks until the pid is the one that is wanted. */
static int first(pid_t wanted)
{
        int status;

        while (syscall(SYS_getpid) < wanted) {
                pid_t pid = (pid_t)syscall(SYS_fork);

                if (pid == 0 && syscall(SYS_getpid) == wanted)
                        exit(child());
                if (pid == 0)
                        syscall(SYS_exit_group, 0);
                if (waitpid(pid, &status, 0) != pid || status != 0)
                        return 9;
                if (pid == wanted)
                        return 0;
        }
        return 8;
}

int main(void)
{
        pid_t nobody = 3;
        int status;

        while (kill(nobody, 0) == 0 || errno != ESRCH)
                nobody++;
        if (unshare(CLONE_NEWPID))
                return 77;

        pid_t pid = fork();

        if (pid == 0)
                exit(first(nobody));
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        return 0;
}
