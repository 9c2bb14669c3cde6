/* Optimized code: the inlined functions are named as if they had been called, innermost first, with their lines.
 * build: $CC -g -O2 -fno-builtin -fomit-frame-pointer -Wall -Wextra -I$HERE -o $EXE $SRC
 * expect: exit 0
 * expect: live innermost blocks=5 bytes=5*40
 * expect: stack innermost<middle<outer<main
 * expect: stack other<outer<main
 * expect: sql SELECT count(DISTINCT frame) FROM symbol WHERE function IN ('innermost', 'middle', 'outer') => 1..3
 * expect: sql SELECT count(*) FROM symbol WHERE function = 'middle' AND (line IS NULL OR file NOT LIKE '%stack_inlined.c') => 0
 * expect: sql SELECT count(*) FROM symbol WHERE function = 'innermost' AND depth = 0 => >= 1
 * expect: walk agrees
 */
#include "program.h"

#define INLINED static inline __attribute__((always_inline))

INLINED void innermost(size_t bytes)
{
        keep(malloc(bytes));
}

INLINED void middle(size_t bytes)
{
        innermost(bytes * 2);
}

INLINED void other(size_t bytes)
{
        keep(malloc(bytes + 1));
}

NOINLINE static void outer(size_t bytes)
{
        middle(bytes);
        other(bytes);
        __asm__ volatile("");
}

int main(void)
{
        for (int i = 0; i < 5; i++)
                outer(20);
        return 0;
}
