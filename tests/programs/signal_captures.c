/* A timer interrupts, a tenth of a millisecond after its last handler has ended, a program that allocates on deep stacks, also in the middle of taking a
 * backtrace; the handler allocates, too, and forks now and then. Every backtrace is libunwind's.
 * (glibc does not survive it: a fork waits for the lock of the malloc that was interrupted.)
 * What is allocated while libunwind works counts as libunwind's own, so that in this mode a child may have no block;
 * signal_forks says what must be there without the mode.
 * compare: nothing
 * build: $CC $FLAGS -o $EXE $SRC -lrt
 * options: --unwind=verify-all
 * modes: traced
 * timeout: 60
 * expect: exit 0
 * expect: process main stacks_checked>=5000 stacks_differ=0 stacks_broken=0 stacks_truncated=0
 * expect: process fork stacks_differ=0 stacks_broken=0
 * expect: stack in_handler<on_signal<...<works<...<main
 * expect: walk agrees
 */
#include "program.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t signals, calls;
static timer_t timer;
static const struct itimerspec soon = {{0, 0}, {0, 100000}}, never;

NOINLINE static void in_handler(void)
{
        free(keep(malloc(40)));
        __asm__ volatile("");
}

NOINLINE static void in_child(void)
{
        keep(malloc(41));
        __asm__ volatile("");
}

static void on_signal(UNUSED int number)
{
        int saved = errno;

        in_handler();
        if (++signals % 300 == 0) {
                pid_t child = fork();

                if (child == 0) {
                        in_child();
                        in_handler();
                        _exit(0);
                }
                while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
        timer_settime(timer, 0, &soon, NULL);
        errno = saved;
}

NOINLINE static void works(int depth)
{
        volatile char room[40];

        room[0] = 1;
        calls++;
        free(keep(malloc(10 + (size_t)depth)));
        if (depth)
                works(depth - 1);
        free(keep(malloc(10)));
        room[1] = room[0];
}

int main(void)
{
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};

        sigaction(SIGALRM, &action, NULL);
        CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
        CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
        for (int i = 0; signals < 1000 || calls < 5000; i++)
                works(i % 300);
        CHECK(timer_settime(timer, 0, &never, NULL) == 0);
        return 0;
}
