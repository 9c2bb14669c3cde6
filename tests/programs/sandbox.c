/* A seccomp filter that allows what glibc's malloc and stdio need and answers EPERM to all else: the program ends as it
 * would without us.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: process main end_kind=exit
 * expect: walk agrees
 * expect: live before blocks=5 bytes=5*19
 */
#include "program.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef OTHERWISE
#define OTHERWISE (SECCOMP_RET_ERRNO | EPERM)
#endif

NOINLINE static void before(void)
{
        keep(malloc(19));
}

NOINLINE static void works(void)
{
        for (int i = 0; i < 20000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        for (size_t bytes = 1; bytes < 20 << 20; bytes *= 3)
                free(keep(realloc(malloc(bytes), 2 * bytes)));
#ifdef WORK_MORE
        WORK_MORE
#endif
}

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int main(void)
{
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            ALLOW(SYS_read),
            ALLOW(SYS_write),
            ALLOW(SYS_fstat),
            ALLOW(SYS_newfstatat),
            ALLOW(SYS_mmap),
            ALLOW(SYS_munmap),
            ALLOW(SYS_mremap),
            ALLOW(SYS_brk),
            ALLOW(SYS_exit_group),
            BPF_STMT(BPF_RET | BPF_K, OTHERWISE),
        };
        struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

        puts("before");
        fflush(stdout);
        for (int i = 0; i < 5; i++)
                before();
        CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
                return 77;
        works();
        puts("after");
        return 0;
}
