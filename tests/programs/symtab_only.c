/* No debug information, but symbols: functions have names and no lines.
 * build: $CC $FLAGS -g0 -o $EXE $SRC
 * expect: live leak_here<main blocks=10 bytes=100
 * expect: sql SELECT count(*) FROM symbol WHERE function = 'leak_here' AND line IS NOT NULL => 0
 * expect: sql SELECT symbols FROM module WHERE path LIKE '%/symtab_only' => symtab
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void leak_here(void)
{
        keep(malloc(10));
}

int main(void)
{
        for (int i = 0; i < 10; i++)
                leak_here();
        return 0;
}
