/* A block that only a register of a spinning thread points at is reachable.
 * expect: leak in_register class=reachable blocks=1 bytes=100
 * expect: no leaks
 */
#include "leaks.h"
#include <pthread.h>

static volatile int ready;

NOINLINE static void *in_register(void) { return malloc(100); }

static void *thread(UNUSED void *argument)
{
#ifdef __x86_64__
        void *block = in_register();

        scrub();
        __asm__ volatile("mov %0, %%r15\n\txor %0, %0\n\tmovl $1, %1\n1:\tpause\n\tjmp 1b"
                         : "+r"(block), "=m"(ready)
                         :
                         : "r15", "memory");
#endif
        return argument;
}

int main(void)
{
        pthread_t id;

#ifndef __x86_64__
        return 77;
#endif
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        flag_await(&ready);
        scrub();
        exit(0);
}
