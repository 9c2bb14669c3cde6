/* Every entry of the C family leaks a block of its own, and the site knows by which.
 * expect: live by_malloc blocks=1 bytes=11
 * expect: live by_calloc blocks=1 bytes=3*7
 * expect: live by_realloc blocks=1 bytes=13
 * expect: live by_reallocarray blocks=1 bytes=5*5
 * expect: live by_memalign blocks=1 bytes=14
 * expect: live by_posix_memalign blocks=1 bytes=15
 * expect: live by_aligned_alloc blocks=1 bytes=64
 * expect: live by_valloc blocks=1 bytes=16
 * expect: live by_strdup blocks=1 bytes=6
 * expect: total by_malloc kind=malloc
 * expect: total by_calloc kind=calloc
 * expect: total by_realloc kind=realloc
 * expect: total by_reallocarray kind=realloc
 * expect: total by_memalign kind=aligned
 * expect: total by_posix_memalign kind=aligned
 * expect: total by_aligned_alloc kind=aligned
 * expect: total by_valloc kind=aligned
 * expect: live by_pvalloc blocks=1
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void by_malloc(void) { keep(malloc(11)); }
NOINLINE static void by_calloc(void) { keep(calloc(3, 7)); }
NOINLINE static void by_realloc(void) { keep(realloc(NULL, 13)); }
NOINLINE static void by_reallocarray(void) { keep(reallocarray(NULL, 5, 5)); }
NOINLINE static void by_memalign(void) { keep(memalign(64, 14)); }
NOINLINE static void by_aligned_alloc(void) { keep(aligned_alloc(64, 64)); }
NOINLINE static void by_valloc(void) { keep(valloc(16)); }
NOINLINE static void by_pvalloc(void) { keep(pvalloc(17)); }
NOINLINE static void by_strdup(void) { keep(strdup("hello")); }

NOINLINE static void by_posix_memalign(void)
{
        void *block;

        CHECK(posix_memalign(&block, 128, 15) == 0);
        keep(block);
}

int main(void)
{
        by_malloc();
        by_calloc();
        by_realloc();
        by_reallocarray();
        by_memalign();
        by_posix_memalign();
        by_aligned_alloc();
        by_valloc();
        by_pvalloc();
        by_strdup();
        return 0;
}
