/* A profiling timer interrupts everywhere, also inside of malloc itself and of the recorder; the handler keeps one block in
 * eight. What is live agrees with what the program counted.
 * The handler allocates in the middle of malloc: glibc cannot do that, so there is no native run.
 * compare: nothing
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live handler blocks=1000 bytes=1000*32
 * expect: live works blocks<=1000
 * expect: sql SELECT sum(live_blocks) FROM site WHERE size_min <> 32 AND id IN (SELECT site FROM site_stack WHERE
 *         function = 'works') => 0
 * expect: walk agrees
 */
#include "program.h"
#include <signal.h>
#include <sys/time.h>

static volatile int kept, calls;

NOINLINE static void handler(UNUSED int number)
{
        void *block = malloc(32);

        if (++calls % 2 == 0 && kept < 1000) {
                kept++;
                keep(block);
        } else {
                free(block);
        }
}

NOINLINE static void works(int depth, size_t bytes)
{
        void *block = malloc(bytes);

        if (depth)
                works(depth - 1, bytes + 16);
        free(realloc(block, bytes * 2));
}

int main(void)
{
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        struct itimerval interval = {{0, 100}, {0, 100}};

        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &interval, NULL);
        for (int i = 0; kept < 1000; i++)
                works(i % 20, (size_t)(i % 500) + 1);
        signal(SIGALRM, SIG_IGN);
        return 0;
}
