/* Recursion 5000 frames deep allocates at its end; each call has an alloca of another size, so that no stack looks like
 * the one before it. The stack may be cut, and then says so.
 * expect: exit 0
 * expect: live deepest blocks=20 bytes=20*50
 * expect: stack deepest<recurse<recurse<recurse
 * expect: sql SELECT count(*) FROM site_function JOIN stack ON stack.id = site_function.stack WHERE function = 'deepest'
 *         AND stack.depth < 100 => 0
 * expect: sql SELECT count(*) FROM site_function JOIN stack ON stack.id = site_function.stack WHERE function = 'deepest'
 *         AND stack.depth < 5000 AND NOT flags & 1 => 0
 * expect: walk agrees
 */
#include "program.h"
#include <alloca.h>

NOINLINE static void deepest(void)
{
        keep(malloc(50));
}

NOINLINE static void recurse(int depth, int seed)
{
        char *room = alloca((size_t)((depth * 7 + seed * 31) % 90) + 1);

        keep(room);
        if (depth)
                recurse(depth - 1, seed);
        else
                deepest();
        keep(room);
}

int main(void)
{
        for (int i = 0; i < 20; i++)
                recurse(5000, i);
        return 0;
}
