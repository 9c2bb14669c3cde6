/* Copies of an address that lie just below main's frame, where exit and what it calls put their own frames, keep nothing: what
 * exit has not written there itself is left over.
 * expect: leak dropped class=definite blocks=1 bytes=100
 * lsan: varies: whether its own frames cover the copies
 * memcheck: varies: whether the frames of exit cover the copies
 */
#include "leaks.h"

NOINLINE static void *dropped(void) { return malloc(100); }

NOINLINE static void leave_copies(void)
{
        void *volatile copies[4096];
        void *block = dropped();

        for (size_t i = 0; i < 4096; i++)
                copies[i] = block;
        keep((void *)copies);
}

int main(void)
{
        leave_copies();
#ifdef __x86_64__
        __asm__ volatile("xor %%eax, %%eax\n\txor %%edx, %%edx\n\txor %%ecx, %%ecx" : : : "eax", "edx", "ecx");
#endif
        exit(0);
}
