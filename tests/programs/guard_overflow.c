/* A guarded block ends where its page ends: to write one byte further is the program's death, as if it had written to
 * nowhere. The report can name the block; what lived in others is known as ever.
 * options: --guard 1
 * compare: nothing
 * modes: traced
 * expect: signal SEGV
 * expect: process main end_kind=killed
 * expect: live guarded_block blocks=1 bytes=64
 * expect: sql SELECT count(*), sum(bytes) FROM guarded WHERE NOT freed AND bytes = 64 => 1|64
 * expect: sql SELECT symbol.function FROM guarded JOIN stack_frame ON stack_frame.stack = alloc_stack JOIN symbol
     ON symbol.frame = stack_frame.frame WHERE bytes = 64 AND position = 0 => guarded_block
 */
#include "program.h"

NOINLINE static char *guarded_block(void)
{
        return keep(malloc(64));
}

int main(void)
{
        char *a = guarded_block();

        memset(a, 1, 64);
        a[64] = 1;
        return 0;
}
