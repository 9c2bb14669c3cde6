/* A block that another function resizes belongs to that one from then on, in place or not.
 * expect: live makes blocks=0 bytes=0
 * expect: total makes allocations=200 frees<=200
 * expect: live resizes_in_place blocks=100 bytes=100*44
 * expect: live resizes_far blocks=100 bytes=100*5000
 * expect: process main resizes=100
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void *makes(void)
{
        return keep(malloc(45));
}

NOINLINE static void resizes_in_place(void *block)
{
        CHECK(realloc(block, 44) == block);
}

NOINLINE static void resizes_far(void *block)
{
        keep(realloc(block, 5000));
}

int main(void)
{
        for (int i = 0; i < 100; i++) {
                resizes_in_place(makes());
                resizes_far(makes());
        }
        return 0;
}
