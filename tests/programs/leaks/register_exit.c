/* A block that only a register of the caller of exit points at is reachable when the program ends there.
 * expect: leak in_register class=reachable blocks=1 bytes=100
 * expect: no leaks
 * memcheck: varies: whether exit still has the register, or where it has put it
 * lsan: varies: whether exit still has the register, or where it has put it
 */
#include "leaks.h"

NOINLINE static void *in_register(void) { return malloc(100); }

int main(void)
{
#ifdef __x86_64__
        void *block = in_register();

        scrub();
        __asm__ volatile("mov %0, %%rbx\n\txor %0, %0\n\txor %%edi, %%edi\n\tcall *%1"
                         : "+r"(block)
                         : "r"(exit)
                         : "rbx", "rdi", "memory");
        return 0;
#else
        return 77;
#endif
}
