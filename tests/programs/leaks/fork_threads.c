/* A child of one thread out of three: what the others held is lost there, but it is not the child's doing, so that only what it
 * allocates itself is told of it.
 * expect: processes 2
 * expect: leak by_child in fork class=definite blocks=1 bytes=100
 * expect: leak by_thread in main class=reachable blocks=2 bytes=2*200
 */
#include "leaks.h"
#include <pthread.h>
#include <sys/wait.h>

static volatile int ready[2];

NOINLINE static void by_child(void) { keep(malloc(100)); }
NOINLINE static void *by_thread(void) { return malloc(200); }

static void *thread(void *flag)
{
        void *volatile block = by_thread();

        scrub();
        flag_set(flag);
        wait_forever();
        keep(block);
}

int main(void)
{
        pid_t child;
        pthread_t id;

        for (int i = 0; i < 2; i++) {
                CHECK(pthread_create(&id, NULL, thread, (void *)&ready[i]) == 0);
                flag_await(&ready[i]);
        }
        scrub();
        child = fork();
        if (child == 0) {
                SCRUBBED(by_child());
                exit(0);
        }
        waitpid(child, NULL, 0);
        scrub();
        exit(0);
}
