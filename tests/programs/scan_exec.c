/* A program of several threads that executes itself again and again while there is one scan after the other: what is sent to a thread
 * in that moment does no harm to the next program.
 * compare: nothing
 * timeout: 60
 * modes: traced
 * options: --follow
 * env: HEAPTAP_LEAK_CHECK_EVERY=2ms
 * expect: exit 7
 */
#include "program.h"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *works(void *argument)
{
        for (;;)
                free(keep(malloc(100)));
        return argument;
}

int main(int argc, char **argv)
{
        int left = argc > 1 ? atoi(argv[1]) : 50;
        char next[12];
        pthread_t thread;

        if (left == 0)
                return 7;
        for (int i = 0; i < 4; i++)
                CHECK(pthread_create(&thread, NULL, works, NULL) == 0);
        usleep(20000);
        snprintf(next, sizeof next, "%d", left - 1);
        execl("/proc/self/exe", argv[0], next, NULL);
        return 1;
}
