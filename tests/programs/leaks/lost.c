/* Blocks whose address nobody keeps are definitely lost, whichever call made them.
 * expect: leak by_malloc class=definite blocks=3 bytes=300
 * expect: leak by_calloc class=definite blocks=1 bytes=3*7
 * expect: leak by_realloc class=definite blocks=1 bytes=13
 * expect: leak by_reallocarray class=definite blocks=1 bytes=5*5
 * expect: leak by_memalign class=definite blocks=1 bytes=14
 * expect: leak by_posix_memalign class=definite blocks=1 bytes=15
 * expect: leak by_aligned_alloc class=definite blocks=1 bytes=64
 * expect: leak by_valloc class=definite blocks=1 bytes=16
 * expect: leak by_strdup class=definite blocks=1 bytes=6
 */
#include "leaks.h"

NOINLINE static void by_malloc(void) { keep(malloc(100)); }
NOINLINE static void by_calloc(void) { keep(calloc(3, 7)); }
NOINLINE static void by_realloc(void) { keep(realloc(NULL, 13)); }
NOINLINE static void by_reallocarray(void) { keep(reallocarray(NULL, 5, 5)); }
NOINLINE static void by_memalign(void) { keep(memalign(64, 14)); }
NOINLINE static void by_aligned_alloc(void) { keep(aligned_alloc(64, 64)); }
NOINLINE static void by_valloc(void) { keep(valloc(16)); }
NOINLINE static void by_strdup(void) { keep(strdup("hello")); }

NOINLINE static void by_posix_memalign(void)
{
        void *block;

        CHECK(posix_memalign(&block, 128, 15) == 0);
        keep(block);
}

int main(void)
{
        for (int i = 0; i < 3; i++)
                by_malloc();
        by_calloc();
        by_realloc();
        by_reallocarray();
        by_memalign();
        by_posix_memalign();
        by_aligned_alloc();
        by_valloc();
        by_strdup();
        scrub();
        return 0;
}
