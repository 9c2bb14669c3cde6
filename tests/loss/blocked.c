/* Fills the pipe that nobody reads, and then does all that could stand still for ever in it: forks, all ways to end,
 * exec, threads that end or are cancelled, handlers that allocate, locks of the program's own held meanwhile, a
 * sandbox. Says on stderr what it is about to do. `blocked`; `blocked WORD` is what it executes. Exits with 7. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILL = 700000, BUSY = 20000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *keep(void *block)
{
        __asm__ volatile("" : "+r"(block) : : "memory");
        return block;
}

static void work(int count)
{
        for (int i = 0; i < count; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
}

static void check(int condition, const char *what)
{
        if (condition)
                return;
        fprintf(stderr, "not so: %s\n", what);
        _exit(9);
}

static void wait_for(pid_t child, int wanted)
{
        int status = -1;

        check(child > 0, "fork");
        check(waitpid(child, &status, 0) == child, "waitpid");
        check(status == wanted, "the end of a child");
}

static void ends(void)
{
        for (int i = 0; i < 8; i++) {
                pid_t child = fork();

                if (child == 0) {
                        work(BUSY);
                        switch (i) {
                        case 0:
                                _exit(3);
                        case 1:
                                quick_exit(3);
                        case 2:
                                syscall(SYS_exit_group, 3);
                                break;
                        case 3:
                                pthread_exit(NULL);
                        default:
                                exit(3);
                        }
                }
                wait_for(child, i == 3 ? 0 : 3 << 8);
        }
}

static void execute(const char *self, pid_t (*fork_some_how)(void))
{
        pid_t child = fork_some_how();

        if (child == 0) {
                execl(self, self, "executed", (char *)NULL);
                _exit(9);
        }
        wait_for(child, 4 << 8);
}

static void executes(const char *self)
{
        for (int i = 0; i < 10; i++)
                execute(self, i & 1 ? vfork : fork);
}

static void *ends_thread(void *argument)
{
        work(BUSY);
        pthread_exit(argument);
}

static void unlock(void *argument)
{
        work(10);
        pthread_mutex_unlock(argument);
}

/* With the lock held, for ever. */
static void *holds(void *argument)
{
        pthread_mutex_lock(&mutex);
        pthread_cleanup_push(unlock, &mutex);
        for (;;) {
                work(BUSY);
                pthread_testcancel();
        }
        pthread_cleanup_pop(1);
        return argument;
}

static void threads(void)
{
        pthread_t thread[16], holder;

        for (int i = 0; i < 16; i++)
                check(pthread_create(&thread[i], NULL, ends_thread, NULL) == 0, "pthread_create");
        for (int i = 0; i < 16; i++)
                check(pthread_join(thread[i], NULL) == 0, "pthread_join");
        check(pthread_create(&holder, NULL, holds, NULL) == 0, "pthread_create");
        usleep(10000);
        check(pthread_cancel(holder) == 0 && pthread_join(holder, NULL) == 0, "pthread_cancel");
        check(pthread_mutex_lock(&mutex) == 0, "the lock");
        work(BUSY);
        pthread_mutex_unlock(&mutex);
}

static void prepare(void)
{
        pthread_mutex_lock(&mutex);
        work(BUSY);
}

static void forked(void)
{
        work(BUSY);
        pthread_mutex_unlock(&mutex);
}

static volatile sig_atomic_t handled;

static void handler(int number)
{
        (void)number;
        work(200);
        handled++;
}

static void signals(void)
{
        struct sigaction action = {.sa_handler = handler};
        struct itimerval often = {{0, 2000}, {0, 2000}}, never = {0};

        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &often, NULL);
        while (handled < 50)
                work(BUSY / 10);
        setitimer(ITIMER_REAL, &never, NULL);
}

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Any system call but those of glibc's malloc is the end of it. */
static void sandbox(void)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                ALLOW(SYS_mmap),
                ALLOW(SYS_munmap),
                ALLOW(SYS_mremap),
                ALLOW(SYS_exit_group),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        };
        struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
        pid_t child = fork();

        if (child == 0) {
                if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
                        _exit(5);
                work(5 * FILL);
                _exit(5);
        }
        wait_for(child, 5 << 8);
}

/* Where the pipe cannot be reached. */
static void jail(void)
{
        pid_t child = fork();

        if (child == 0) {
                if (chroot("/proc/self/fdinfo") == 0)
                        closefrom(3);
                work(5 * FILL);
                _exit(5);
        }
        wait_for(child, 5 << 8);
}

int main(int argc, char **argv)
{
        if (argc > 1) {
                work(BUSY);
                return 4;
        }
        fputs("fill\n", stderr);
        work(FILL);
        fputs("ends\n", stderr);
        ends();
        fputs("exec\n", stderr);
        executes(argv[0]);
        fputs("threads\n", stderr);
        threads();
        fputs("signals\n", stderr);
        signals();
        fputs("sandbox\n", stderr);
        sandbox();
        fputs("jail\n", stderr);
        jail();
        fputs("fork with a lock\n", stderr);
        pthread_atfork(prepare, forked, forked);
        ends();
        fputs("exit\n", stderr);
        puts("whole");
        fflush(stdout);
        return 7;
}
