/* A stripped program: no names, but the module, exact counts, and a place in the file for each frame.
 * build: $CC $FLAGS -o $EXE $SRC && strip $EXE
 * expect: exit 0
 * expect: never leak_here
 * expect: sql SELECT allocations, live_blocks, live_bytes FROM site WHERE size_min = 1234 => 10|10|12340
 * expect: sql SELECT count(*) FROM site JOIN stack_frame USING (stack) JOIN frame ON frame.id = stack_frame.frame JOIN
 *         module ON module.id = frame.module WHERE size_min = 1234 AND position = 0 AND module.path LIKE '%/stripped'
 *         AND frame.offset > 0 => 1
 * expect: sql SELECT symbols IN ('none', 'dynsym') FROM module WHERE path LIKE '%/stripped' => 1
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void leak_here(void)
{
        keep(malloc(1234));
}

int main(void)
{
        for (int i = 0; i < 10; i++)
                leak_here();
        return 0;
}
