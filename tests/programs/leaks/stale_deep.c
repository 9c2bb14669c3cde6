/* Copies of an address that lie far below the stack pointer, where a function has returned, keep nothing.
 * expect: leak dropped class=definite blocks=1 bytes=100
 */
#include "leaks.h"

NOINLINE static void *dropped(void) { return malloc(100); }

NOINLINE static void leave_copies(void)
{
        void *volatile copies[64 * 1024];
        void *block = dropped();

        for (size_t i = 0; i < 16 * 1024; i++)
                copies[i] = block;
        keep((void *)copies);
}

int main(void)
{
        leave_copies();
#ifdef __x86_64__
        __asm__ volatile("" : : : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
#endif
        return 0;
}
