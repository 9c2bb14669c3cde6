/* What a thread returned can be had until it is joined; who joins and drops it has lost it, and of a detached one it is lost.
 * expect: leak of_joined class=definite blocks=1 bytes=100
 * expect: leak of_unjoined class=reachable blocks=1 bytes=200
 * expect: leak of_exited class=reachable blocks=1 bytes=250
 * expect: leak of_detached class=definite blocks=1 bytes=300
 * expect: leak of_kept class=reachable blocks=1 bytes=400
 * lsan: differs lost 4/850 possible 0/0: it does not look at the results of ended threads
 */
#include "leaks.h"
#include <pthread.h>
#include <sys/syscall.h>

void *volatile kept;
static volatile int tid;

NOINLINE static void *of_joined(void) { return malloc(100); }
NOINLINE static void *of_unjoined(void) { return malloc(200); }
NOINLINE static void *of_exited(void) { return malloc(250); }
NOINLINE static void *of_detached(void) { return malloc(300); }
NOINLINE static void *of_kept(void) { return malloc(400); }

static void *thread(void *make)
{
        void *result = ((void *(*)(void))make)();

        scrub();
        tid = (int)syscall(SYS_gettid);
        return result;
}

static void *exiting(void *make)
{
        void *result = ((void *(*)(void))make)();

        scrub();
        tid = (int)syscall(SYS_gettid);
        pthread_exit(result);
}

NOINLINE static pthread_t run(void *(*start)(void *), void *(*make)(void))
{
        pthread_t id;

        tid = 0;
        CHECK(pthread_create(&id, NULL, start, (void *)make) == 0);
        return id;
}

/* Until it has left the kernel's list. */
NOINLINE static void await_end(void)
{
        char path[64];

        while (!tid)
                sleep_ms(1);
        snprintf(path, sizeof path, "/proc/self/task/%d", tid);
        while (access(path, F_OK) == 0)
                sleep_ms(1);
}

NOINLINE static void run_all(void)
{
        static pthread_t unjoined[2];
        void *result;

        CHECK(pthread_join(run(thread, of_joined), &result) == 0);
        CHECK(pthread_join(run(thread, of_kept), &result) == 0);
        kept = result;
        CHECK(pthread_detach(run(thread, of_detached)) == 0);
        await_end();
        unjoined[0] = run(thread, of_unjoined);
        await_end();
        unjoined[1] = run(exiting, of_exited);
        await_end();
        keep(unjoined);
}

int main(void)
{
        run_all();
        scrub();
        return 0;
}
