/* A handler leaves by siglongjmp, at times out of the middle of malloc. A block may be lost on the way, but recording and
 * allocating go on: what comes afterwards is exact. So may the definition of a stack whose number is taken already.
 * (glibc does not survive this: no native run.)
 * compare: nothing
 * expect: exit 0
 * expect: may lose
 * expect: sql SELECT (SELECT value FROM meta WHERE key = 'lost_events') + (SELECT value FROM meta WHERE key = 'damaged_frames') => 0
 * expect: live afterwards blocks=100 bytes=100*77
 * expect: total afterwards allocations=5100 frees=5000
 * expect: sql SELECT end_kind FROM process => exit
 */
#include "program.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

static sigjmp_buf back;
static volatile int armed, jumps;

NOINLINE static void handler(UNUSED int number)
{
        if (armed) {
                armed = 0;
                jumps++;
                siglongjmp(back, 1);
        }
}

NOINLINE static void works(int depth)
{
        char *block = malloc(40 + (size_t)depth);

        block[0] = 1;
        if (depth)
                works(depth - 1);
        free(block);
}

NOINLINE static void afterwards(void)
{
        for (int i = 0; i < 5000; i++)
                free(keep(malloc(50)));
        for (int i = 0; i < 100; i++)
                keep(malloc(77));
}

int main(void)
{
        struct sigaction action = {.sa_handler = handler};
        struct itimerval interval = {{0, 300}, {0, 300}}, off = {{0, 0}, {0, 0}};

        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &interval, NULL);
        while (jumps < 1000)
                if (!sigsetjmp(back, 1)) {
                        armed = 1;
                        for (;;)
                                works(10);
                }
        setitimer(ITIMER_REAL, &off, NULL);
        signal(SIGALRM, SIG_IGN);
        afterwards();
        return 0;
}
