/* Once what it needs is there, taking backtraces makes no system call but the write that sends a frame, and what that
 * asks about its descriptor: a child that may do nothing else, on pain of death, allocates half a million times, from
 * the same stack and from stacks that take turns. (New stacks make tables grow now and then.)
 * build: $CC $FLAGS -Wl,-z,now -o $EXE $SRC
 * modes: traced
 * expect: exit 0
 * expect: total leaf in fork allocations=500000
 * expect: walk agrees
 */
#include "program.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int allow_only_writing(void)
{
#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                ALLOW(SYS_write),
                ALLOW(SYS_fstat),
                ALLOW(SYS_newfstatat),
                ALLOW(SYS_exit_group),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        };
        struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

NOINLINE static void leaf(void)
{
        free(keep(malloc(24)));
        __asm__ volatile("");
}

NOINLINE static void left(unsigned way, int depth);
NOINLINE static void right(unsigned way, int depth);

static void turn(unsigned way, int depth)
{
        if (depth == 0)
                leaf();
        else if (way & 1)
                left(way >> 1, depth - 1);
        else
                right(way >> 1, depth - 1);
        __asm__ volatile("");
}

static void left(unsigned way, int depth)
{
        turn(way, depth);
        __asm__ volatile("");
}

static void right(unsigned way, int depth)
{
        turn(way, depth);
        __asm__ volatile("");
}

static void work(int count)
{
        for (int i = 0; i < count; i++)
                turn(0, 20);
        for (unsigned i = 0; i < (unsigned)count; i++)
                turn(i % 64, 20);
}

int main(void)
{
        int status;
        pid_t child = fork();

        if (child == 0) {
                for (int turns = 0; turns < 2; turns++) {
                        work(turns ? 240000 : 10000);
                        if (turns == 0 && allow_only_writing())
                                syscall(SYS_exit_group, 77);
                }
                syscall(SYS_exit_group, 0);
        }
        CHECK(waitpid(child, &status, 0) == child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                return 77;
        if (WIFSIGNALED(status))
                printf("the child died of %d\n", WTERMSIG(status));
        return status != 0;
}
