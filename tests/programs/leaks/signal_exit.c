/* A handler on a stack of its own, which is a block, ends the program: what the handler holds is reachable, what the frame that it
 * interrupted holds, and what stood in that frame's registers.
 * expect: leak by_handler class=reachable blocks=1 bytes=100
 * expect: leak by_frame class=reachable blocks=1 bytes=200
 * expect: leak by_register class=reachable blocks=1 bytes=300
 * expect: leak signal_stack class=reachable blocks=1 bytes=64KiB
 * expect: no leaks
 * memcheck: differs lost 3/65936 possible 0/0: it knows neither the other stack's block nor the interrupted frame's registers
 */
#include "leaks.h"
#include <signal.h>

NOINLINE static void *by_handler(void) { return malloc(100); }
NOINLINE static void *by_frame(void) { return malloc(200); }
NOINLINE static void *by_register(void) { return malloc(300); }
NOINLINE static void *signal_stack(void) { return malloc(64 << 10); }

static void handler(UNUSED int signal_number)
{
        void *volatile block = by_handler();

        exit(0);
        keep(block);
}

NOINLINE static void set_up(void)
{
        stack_t stack = {.ss_sp = signal_stack(), .ss_size = 64 << 10};
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

        CHECK(sigaltstack(&stack, NULL) == 0);
        CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
}

int main(void)
{
#ifdef __x86_64__
        void *volatile frame;
        void *block;

        set_up();
        frame = by_frame();
        block = by_register();
        scrub();
        __asm__ volatile("mov %0, %%r13\n\txor %0, %0\n\tmov $39, %%eax\n\tsyscall\n\tmov %%eax, %%edi\n\tmov $10, %%esi\n\t"
                         "mov $62, %%eax\n\tsyscall\n1:\tjmp 1b"
                         : "+r"(block)
                         :
                         : "r13", "rax", "rdi", "rsi", "rcx", "r11", "memory");
        keep(frame);
#endif
        return 77;
}
