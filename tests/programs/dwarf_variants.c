/* Debug information in other clothes: DWARF 4, compressed sections, and a library with DWARF 5 and -O2.
 * build: $CC $FLAGS -DLIBRARY -O2 -gdwarf-5 -gz -shared -fPIC -o $OUT/libd.so $SRC
 * build: $CC $FLAGS -gdwarf-4 -ffunction-sections -o $EXE $SRC -L$OUT -ld -Wl,-rpath,$OUT
 * expect: live in_library<main blocks=4 bytes=40
 * expect: live in_program<main blocks=3 bytes=33
 * expect: sql SELECT count(*) > 0 FROM symbol WHERE function = 'in_library' AND line > 0 AND file LIKE '%dwarf_variants.c' => 1
 * expect: sql SELECT count(*) > 0 FROM symbol WHERE function = 'in_program' AND line > 0 AND file LIKE '%dwarf_variants.c' => 1
 * expect: walk agrees
 */
#include "program.h"

void *in_library(void);

#ifdef LIBRARY
NOINLINE void *in_library(void)
{
        return keep(malloc(10));
}
#else
NOINLINE static void *in_program(void)
{
        return keep(malloc(11));
}

int main(void)
{
        for (int i = 0; i < 4; i++)
                in_library();
        for (int i = 0; i < 3; i++)
                in_program();
        return 0;
}
#endif
