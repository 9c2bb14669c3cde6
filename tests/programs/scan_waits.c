/* A program that waits for its children while it is scanned for leaks all the time: it finds just its own, gets no SIGCHLD for others,
 * and has no more descriptors and mappings in the end than in the beginning.
 * compare: nothing
 * timeout: 60
 * modes: traced
 * env: HEAPTAP_LEAK_CHECK_EVERY=2ms
 * expect: exit 0
 * expect: sql SELECT count(*) > 0 FROM leak_scan WHERE why = (SELECT max(why) FROM leak_scan) => 1
 */
#include "program.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t children_ended;
static volatile int over;

static void child_ended(UNUSED int number)
{
        children_ended++;
}

static int descriptors(void)
{
        DIR *list = opendir("/proc/self/fd");
        int count = 0;

        while (readdir(list))
                count++;
        closedir(list);
        return count;
}

static void work(unsigned blocks)
{
        for (unsigned i = 0; i < blocks; i++)
                free(malloc(i % 1000));
}

static void *worker(UNUSED void *argument)
{
        while (!over)
                work(1000);
        return NULL;
}

int main(void)
{
        int before, waited = 0;
        pthread_t thread[4];

        signal(SIGCHLD, child_ended);
        for (int i = 0; i < 4; i++)
                CHECK(pthread_create(&thread[i], NULL, worker, NULL) == 0);
        work(200000);
        before = descriptors();
        for (int i = 0; i < 20; i++) {
                pid_t child = fork(), found;
                int status;

                if (child == 0) {
                        work(2000);
                        _exit(i);
                }
                work(20000);
                do
                        found = waitpid(-1, &status, 0);
                while (found == -1 && errno == EINTR);
                CHECK(found == child);
                CHECK(WEXITSTATUS(status) == i);
                CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
                waited++;
        }
        over = 1;
        for (int i = 0; i < 4; i++)
                pthread_join(thread[i], NULL);
        CHECK(children_ended <= waited);
        CHECK(descriptors() <= before + 1); /* a scan may be under way */
        return 0;
}
