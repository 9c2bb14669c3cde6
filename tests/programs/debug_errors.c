/* With --debug also what is written behind a block, or into it after its free, is found; and it is known where a block was
 * freed first.
 * options: --debug
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: error overflow freed_with_overflow call=free allocated=block block_bytes=40 offset=40 changed_bytes=1
 * expect: error overflow resized_with_overflow call=realloc allocated=block block_bytes=100 offset=103 changed_bytes=4
 * expect: sql SELECT count(*) FROM error WHERE kind = 'overflow' AND call IS NULL AND block_bytes = 56 AND offset = 56 => 1
 * expect: error write freed_before_write allocated=block block_bytes=200 offset=9 changed_bytes=1
 * expect: error write freed_at_end allocated=block block_bytes=300 offset=0 changed_bytes=16
 * expect: error double freed_twice allocated=block first=freed_first
 * expect: error double freed_twice_large allocated=block first=freed_first block_bytes=100000
 * expect: error interior freed_inside allocated=block first=freed_first freed=1
 * expect: sql SELECT sum(count) FROM error => 8
 * expect: walk agrees
 * expect: counts agree
 * expect: live block blocks=1 bytes=56
 */
#include "program.h"

NOINLINE static char *block(size_t bytes)
{
        return keep(malloc(bytes));
}

NOINLINE static void freed_with_overflow(char *a)
{
        a[40] = 0;
        free(keep(a));
}

NOINLINE static char *resized_with_overflow(char *a)
{
        memset((char *)keep(a) + 103, 0, 4);
        return keep(realloc(a, 5000));
}

NOINLINE static void freed_before_write(char *a)
{
        free(keep(a));
        ((char *)keep(a))[9] = 1;
}

NOINLINE static void freed_at_end(char *a)
{
        free(keep(a));
        memset(keep(a), 7, 16);
}

NOINLINE static void freed_first(char *a)
{
        free(keep(a));
        keep(a);
}

NOINLINE static void freed_twice(char *a)
{
        free(keep(a));
        keep(a);
}

NOINLINE static void freed_twice_large(char *a)
{
        free(keep(a));
        keep(a);
}

NOINLINE static void freed_inside(char *a)
{
        free(keep(a + 16));
        keep(a);
}

int main(void)
{
        char *a;

        freed_with_overflow(block(40));
        free(resized_with_overflow(block(100)));
        block(56)[56] = 1; /* is never freed */
        freed_before_write(block(200));
        freed_first(a = block(77));
        freed_twice(a);
        freed_inside(a);
        freed_first(a = block(100000));
        freed_twice_large(a);
        for (int i = 0; i < 300; i++) /* so that all of before leaves the quarantine */
                free(keep(malloc(100000)));
        freed_at_end(block(300));
        return 0;
}
