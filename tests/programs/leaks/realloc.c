/* A block that realloc moved belongs to the place of the realloc; the old address keeps nothing; realloc to nothing frees.
 * expect: leak grown class=definite blocks=1 bytes=100000
 * expect: leak old_kept class=definite blocks=1 bytes=200000
 * expect: leak first class=definite blocks=0
 * expect: leak new_kept class=reachable blocks=1 bytes=300000
 * expect: leak in_place class=definite blocks=1 bytes=40
 * expect: leak failed class=definite blocks=1 bytes=64
 */
#include "leaks.h"

void *volatile root[2];

NOINLINE static void *first(size_t bytes) { return malloc(bytes); }
NOINLINE static void grown(void) { keep(realloc(first(100), 100000)); }
NOINLINE static void new_kept(void) { root[0] = realloc(first(102), 300000); }
NOINLINE static void in_place(void) { keep(realloc(first(48), 40)); }
NOINLINE static void to_nothing(void) { keep(realloc(first(77), 0)); }

NOINLINE static void old_kept(void)
{
        root[1] = first(101);
        keep(realloc(root[1], 200000));
}

/* The block stays what it was. */
NOINLINE static void failed(void)
{
        void *block = keep(malloc(64));

        CHECK(realloc(block, (size_t)keep((void *)(PTRDIFF_MAX - 100))) == NULL);
}

int main(void)
{
        grown();
        old_kept();
        new_kept();
        in_place();
        to_nothing();
        failed();
        scrub();
        return 0;
}
