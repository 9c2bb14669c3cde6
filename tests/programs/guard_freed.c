/* A guarded block that is freed cannot even be read.
 * options: --guard 1
 * compare: nothing
 * modes: traced
 * expect: signal SEGV
 * expect: sql SELECT count(*) FROM guarded WHERE freed AND bytes = 64 => 1
 * expect: sql SELECT symbol.function FROM guarded JOIN stack_frame ON stack_frame.stack = free_stack JOIN symbol
     ON symbol.frame = stack_frame.frame WHERE bytes = 64 AND position = 0 => frees
 */
#include "program.h"

NOINLINE static void frees(char *a)
{
        free(a);
        keep(NULL);
}

int main(void)
{
        volatile char *a = memset(keep(malloc(64)), 1, 64);

        frees((char *)a);
        return a[0];
}
