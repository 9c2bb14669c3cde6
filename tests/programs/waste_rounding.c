/* Rounding is charged to who asks for sizes that fit badly: 1000 blocks of 1025 bytes lie in blocks of 1152. The others
 * ask for more memory and for more blocks, and lose nothing or less. A block of 1024 that shrinks in place to 600 still
 * takes 1024, and one of 64 bytes at a multiple of 1024 does, too.
 * expect: live fits_badly blocks=1000 bytes=1000*1025 usable=1000*1152
 * expect: live fits blocks=2000 bytes=2000*1152 usable=2000*1152
 * expect: live fits_nearly blocks=5000 bytes=5000*30 usable=5000*32
 * expect: live shrinks blocks=10 bytes=10*600 usable=10*1024
 * expect: live aligns blocks=10 bytes=10*64 usable=10*1024
 * expect: first waste fits_badly
 * expect: empty agrees
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void *fits_badly(void) { return keep(malloc(1025)); }
NOINLINE static void *fits(void) { return keep(malloc(1152)); }
NOINLINE static void *fits_nearly(void) { return keep(malloc(30)); }
NOINLINE static void *shrinks(void) { return keep(realloc(keep(malloc(1024)), 600)); }
NOINLINE static void *aligns(void) { return keep(aligned_alloc(1024, 64)); }

static void repeat(void *(*source)(void), int count)
{
        for (int i = 0; i < count; i++)
                source();
}

int main(void)
{
        repeat(fits_badly, 1000);
        repeat(fits, 2000);
        repeat(fits_nearly, 5000);
        repeat(shrinks, 10);
        repeat(aligns, 10);
        return 0;
}
