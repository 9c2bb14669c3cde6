/* The shell gave the program 64 MiB of address space from the start, and 20 descriptors: it starts and works.
 * build: $CC $FLAGS -o $OUT/inner $SRC && printf '#!/bin/sh\nulimit -n 20\nulimit -v 65536\nexec "$OUT/inner"\n' > $EXE && chmod +x $EXE
 * options: --follow
 * expect: exit 0
 * expect: live works blocks=1000 bytes=1000*1000
 * expect: sql SELECT count(*) FROM process WHERE exe LIKE '%inner' AND walk = 'agrees' => 1
 */
#include "program.h"

NOINLINE static void works(void)
{
        for (int i = 0; i < 1000; i++)
                memset(keep(malloc(1000)), 1, 1000);
}

int main(void)
{
        works();
        puts("works");
        return 0;
}
