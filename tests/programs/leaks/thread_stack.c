/* What a frame of a running thread holds is reachable; what only frames of an ended thread held is lost, though its stack is
 * kept for the next thread.
 * expect: leak held_by_running class=reachable blocks=1 bytes=100
 * expect: leak held_by_waiting class=reachable blocks=1 bytes=101
 * expect: leak held_by_ended class=definite blocks=1 bytes=200
 */
#include "leaks.h"
#include <pthread.h>

static volatile int ready[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

NOINLINE static void *held_by_running(void) { return malloc(100); }
NOINLINE static void *held_by_waiting(void) { return malloc(101); }
NOINLINE static void *held_by_ended(void) { return malloc(200); }

NOINLINE static void hold(void *(*make)(void), volatile int *flag)
{
        void *volatile block[2] = {make(), NULL};

        scrub();
        flag_set(flag);
        for (;;)
                block[1] = block[0];
}

static void *running(UNUSED void *argument)
{
        hold(held_by_running, &ready[0]);
        return NULL;
}

static void *waiting(UNUSED void *argument)
{
        void *volatile block = held_by_waiting();

        scrub();
        flag_set(&ready[1]);
        pthread_mutex_lock(&mutex);
        return block;
}

/* Copies lie all over the stack. */
static void *ended(UNUSED void *argument)
{
        void *volatile copies[1000];

        for (int i = 0; i < 1000; i++)
                copies[i] = i == 0 ? held_by_ended() : copies[0];
        return NULL;
}

int main(void)
{
        pthread_t id;

        pthread_mutex_lock(&mutex);
        CHECK(pthread_create(&id, NULL, waiting, NULL) == 0);
        CHECK(pthread_create(&id, NULL, running, NULL) == 0);
        flag_await(&ready[0]);
        flag_await(&ready[1]);
        CHECK(pthread_create(&id, NULL, ended, NULL) == 0);
        CHECK(pthread_join(id, NULL) == 0);
        scrub();
        exit(0);
}
