/* The argument of a thread is the thread's until it ends, also of one that is detached, and of one that has not looked at it
 * yet; when it ends without freeing it, it is lost.
 * expect: leak for_running class=reachable blocks=1 bytes=100
 * expect: leak for_detached class=reachable blocks=1 bytes=200
 * expect: leak for_ended class=definite blocks=1 bytes=300
 * expect: leak for_ended_detached class=definite blocks=1 bytes=400
 * expect: total freed_by_thread allocations=1 frees=1
 */
#include "leaks.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile int started, ended_tid;

NOINLINE static void *for_running(void) { return malloc(100); }
NOINLINE static void *for_detached(void) { return malloc(200); }
NOINLINE static void *for_ended(void) { return malloc(300); }
NOINLINE static void *for_ended_detached(void) { return malloc(400); }
NOINLINE static void *freed_by_thread(void) { return malloc(500); }

static void *run_on(void *argument)
{
        void *volatile held = argument;

        __atomic_add_fetch(&started, 1, __ATOMIC_RELEASE);
        wait_forever();
        keep(held);
}

static void *end(UNUSED void *argument)
{
        ended_tid = (int)syscall(SYS_gettid);
        return NULL;
}

static void *end_freeing(void *argument)
{
        free(argument);
        return NULL;
}

NOINLINE static void create(void *(*thread)(void *), void *argument, int join)
{
        pthread_t id;

        CHECK(pthread_create(&id, NULL, thread, argument) == 0);
        CHECK((join ? pthread_join(id, NULL) : pthread_detach(id)) == 0);
}

NOINLINE static void create_all(void)
{
        pthread_t id;
        char path[64];

        create(end, for_ended(), 1);
        create(end, for_ended_detached(), 0);
        while (!ended_tid)
                sleep_ms(1);
        snprintf(path, sizeof path, "/proc/self/task/%d", ended_tid);
        while (access(path, F_OK) == 0)
                sleep_ms(1);
        create(end_freeing, freed_by_thread(), 1);
        CHECK(pthread_create(&id, NULL, run_on, for_running()) == 0);
        create(run_on, for_detached(), 0);
        while (__atomic_load_n(&started, __ATOMIC_ACQUIRE) < 2)
                sleep_ms(1);
}

int main(void)
{
        create_all();
        scrub();
        exit(0);
}
