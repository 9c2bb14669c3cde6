/* Addresses that are not written as such. With tags in the low bits they still point into the block: possibly lost. With tags in
 * the high bits, with another mixed in, as half a word, or at an address that is no multiple of eight, they are not seen, and the
 * blocks count as lost though the program could find them (documented).
 * expect: leak tagged_low class=possible blocks=1 bytes=101
 * expect: leak tagged_high class=definite blocks=1 bytes=102
 * expect: leak mixed class=definite blocks=2 bytes=2*103
 * expect: leak half class=definite blocks=1 bytes=104
 * expect: leak unaligned class=definite blocks=1 bytes=105
 * expect: leak reversed class=definite blocks=1 bytes=106
 */
#include "leaks.h"

volatile uintptr_t low, high, link_of_both;
volatile uint32_t halves[2];
volatile uintptr_t backwards;
struct {
        char one;
        void *pointer;
} __attribute__((packed, aligned(8))) volatile packed;

NOINLINE static void tagged_low(void) { low = (uintptr_t)malloc(101) | 5; }
NOINLINE static void tagged_high(void) { high = (uintptr_t)malloc(102) | (uintptr_t)0xa5 << 56; }
NOINLINE static void mixed(void) { link_of_both = (uintptr_t)malloc(103) ^ (uintptr_t)malloc(103); }
NOINLINE static void half(void) { halves[1] = (uint32_t)((uintptr_t)malloc(104) >> 4); }
NOINLINE static void unaligned(void) { packed.pointer = malloc(105); }
NOINLINE static void reversed(void) { backwards = ~(uintptr_t)malloc(106); }

int main(void)
{
        tagged_low();
        tagged_high();
        mixed();
        half();
        unaligned();
        reversed();
        scrub();
        return 0;
}
