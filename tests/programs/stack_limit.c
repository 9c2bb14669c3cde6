/* --stack-depth 10 cuts stacks after ten frames, says so, and counts on.
 * options: --stack-depth 10
 * expect: exit 0
 * expect: live recurse blocks=10 bytes=10*50
 * expect: sql SELECT depth FROM site_function JOIN stack ON stack.id = site_function.stack WHERE function = 'recurse' => 10
 * expect: sql SELECT flags & 1 FROM site_function JOIN stack ON stack.id = site_function.stack WHERE function = 'recurse' => 1
 * expect: process main stacks_truncated>=10
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void recurse(int depth)
{
        if (depth)
                recurse(depth - 1);
        else
                keep(malloc(50));
        __asm__ volatile("");
}

int main(void)
{
        for (int i = 0; i < 10; i++)
                recurse(30);
        return 0;
}
