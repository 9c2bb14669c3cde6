/* A block that only a register of a thread in a system call points at is reachable: of one that waits in a call of its own, and of
 * one that waits in libc, which may have pushed it.
 * expect: leak in_register class=reachable blocks=1 bytes=100
 * expect: leak across_libc class=reachable blocks=1 bytes=200
 * expect: no leaks
 */
#include "leaks.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile int ready[2];

NOINLINE static void *in_register(void) { return malloc(100); }
NOINLINE static void *across_libc(void) { return malloc(200); }

static void *own_call(UNUSED void *argument)
{
#ifdef __x86_64__
        void *block = in_register();

        scrub();
        __asm__ volatile("mov %0, %%r12\n\txor %0, %0\n\tmovl $1, %1\n1:\tmovl %2, %%eax\n\tsyscall\n\tjmp 1b"
                         : "+r"(block), "=m"(ready[0])
                         : "i"(SYS_pause)
                         : "r12", "rax", "rcx", "r11", "memory");
#endif
        return argument;
}

static void *in_libc(UNUSED void *argument)
{
        void *block = across_libc();

        scrub();
        flag_set(&ready[1]);
        for (;;) {
                sleep_ms(1000000);
                block = keep(block);
        }
        return block;
}

int main(void)
{
        pthread_t id;

#ifndef __x86_64__
        return 77;
#endif
        CHECK(pthread_create(&id, NULL, own_call, NULL) == 0);
        CHECK(pthread_create(&id, NULL, in_libc, NULL) == 0);
        flag_await(&ready[0]);
        flag_await(&ready[1]);
        sleep_ms(5);
        scrub();
        exit(0);
}
