/* Threads that begin, allocate and end all the time, some that work, some that sleep, and some that fork, and a scan whenever the
 * last is over: none is said to leak, and nothing breaks, least of all when a thread ends that a scan began in.
 * env: HEAPTAP_LEAK_CHECK_EVERY=2ms
 * expect: no leaks
 * memcheck: cannot: it runs one thread at a time, and takes longer than it is given
 * expect: sql SELECT count(*) FROM leak_scan WHERE definite_blocks + possible_blocks + indirect_blocks > 0 => 0
 */
#include "leaks.h"
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BRIEF = 4, WORKING = 3, FORKING = 2, SLEEPING = 10, ALL = BRIEF + WORKING + FORKING + SLEEPING };

static volatile int over;

static void *brief(void *argument)
{
        for (int i = 0; i < 10; i++)
                free(malloc(100));
        return argument;
}

static void *begins_and_ends(void *argument)
{
        while (!over) {
                pthread_t thread;

                CHECK(pthread_create(&thread, NULL, brief, NULL) == 0);
                pthread_join(thread, NULL);
        }
        return argument;
}

static void *works(void *argument)
{
        void *block[100] = {NULL};
        unsigned state = 1;

        while (!over) {
                state = state * 1103515245 + 12345;
                free(block[state / 65536 % 100]);
                block[state / 65536 % 100] = malloc(state % 3000);
        }
        for (int i = 0; i < 100; i++)
                free(block[i]);
        return argument;
}

static void *forks(void *argument)
{
        while (!over) {
                int status = 0;
                pid_t child = fork();

                CHECK(child >= 0);
                if (child == 0) {
                        free(malloc(10));
                        _exit(3);
                }
                while (waitpid(child, &status, 0) < 0)
                        CHECK(errno == EINTR);
                CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
        }
        return argument;
}

static void *sleeps(void *argument)
{
        while (!over)
                usleep(300);
        return argument;
}

int main(void)
{
        pthread_t thread[ALL];

        for (int i = 0; i < ALL; i++)
                CHECK(pthread_create(&thread[i], NULL,
                                     i < BRIEF                       ? begins_and_ends
                                     : i < BRIEF + WORKING           ? works
                                     : i < BRIEF + WORKING + FORKING ? forks
                                                                     : sleeps,
                                     NULL) == 0);
        for (int i = 0; i < 60; i++)
                usleep(1000);
        over = 1;
        for (int i = 0; i < ALL; i++)
                pthread_join(thread[i], NULL);
        exit(0);
}
