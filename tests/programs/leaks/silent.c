/* A thread that blocks every signal does not say what its registers hold: what only they could hold is possibly lost, not
 * definitely. What its stack holds is reachable.
 * expect: leak in_register class=possible blocks=1 bytes=100
 * expect: leak in_frame class=reachable blocks=1 bytes=200
 * expect: scan main threads_silent=1
 * lsan: differs lost 0/0 possible 0/0: it stops threads by ptrace, which no thread can refuse
 * memcheck: differs lost 0/0 possible 0/0: it runs the threads itself and has their registers
 */
#include "leaks.h"
#include <pthread.h>
#include <signal.h>

static volatile int ready;

NOINLINE static void *in_register(void) { return malloc(100); }
NOINLINE static void *in_frame(void) { return malloc(200); }

static void *thread(UNUSED void *argument)
{
#ifdef __x86_64__
        void *volatile frame = in_frame();
        void *block = in_register();
        uint64_t all = ~0ull;

        scrub();
        /* The kernel's own call: libc's leaves its own signals out. */
        __asm__ volatile("mov %0, %%r15\n\txor %0, %0\n\tmov $14, %%eax\n\txor %%edi, %%edi\n\tmov %2, %%rsi\n\txor %%edx, %%edx\n\t"
                         "mov $8, %%r10d\n\tsyscall\n\tmovl $1, %1\n1:\tpause\n\tjmp 1b"
                         : "+r"(block), "=m"(ready)
                         : "r"(&all)
                         : "r15", "rax", "rdi", "rsi", "rdx", "r10", "rcx", "r11", "memory");
        keep(frame);
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
