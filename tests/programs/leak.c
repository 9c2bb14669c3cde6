/* Ten blocks are lost in leak_here, and nothing else of the program's own is.
 * expect: exit 0
 * expect: live leak_here blocks=10 bytes=1000
 * expect: total leak_here allocations=10 frees=0 requested=1000 freed=0 size_min=100 size_max=100 kind=malloc
 * expect: live leak_here<main blocks=10
 * expect: live tidy_here blocks=0 bytes=0
 * expect: total tidy_here allocations=25 frees=25 requested=25*33 freed=25*33
 * expect: sql SELECT file LIKE '%leak.c' FROM symbol WHERE function = 'leak_here' LIMIT 1 => 1
 * expect: process main end_kind=exit resizes=0 threads=1 frees_foreign=0 frees_interior=0 frees_double=0
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void leak_here(void)
{
        keep(malloc(100));
}

NOINLINE static void tidy_here(void)
{
        free(keep(malloc(33)));
}

int main(void)
{
        for (int i = 0; i < 10; i++)
                leak_here();
        for (int i = 0; i < 25; i++)
                tidy_here();
        return 0;
}
