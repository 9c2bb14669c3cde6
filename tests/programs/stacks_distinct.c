/* 200,000 allocations from 131,072 different stacks (each call goes one of two ways, 17 deep), then freed by half.
 * timeout: 60
 * expect: exit 0
 * expect: total bottom allocations=200000 frees=100000 requested=200000*16
 * expect: total bottom sites=131072
 * expect: live bottom blocks=100000
 * expect: sql SELECT count(*) FROM site JOIN stack_frame USING (stack) JOIN symbol USING (frame)
     WHERE function = 'left' AND position = 5 => 65536
 * expect: sql SELECT count(*) FROM site JOIN stack_frame USING (stack) JOIN symbol USING (frame)
     WHERE function = 'right' AND position = 17 => 65536
 * expect: walk agrees
 */
#include "program.h"

static void *blocks[200000];

NOINLINE static void *bottom(void)
{
        return keep(malloc(16));
}

NOINLINE static void *left(unsigned way, int depth);
NOINLINE static void *right(unsigned way, int depth);

#define TURN(name, change)                                                                              \
        NOINLINE static void *name(unsigned way, int depth)                                             \
        {                                                                                               \
                void *block = depth ? (way & 1 ? right(way >> 1, depth - 1) : left(way >> 1, depth - 1)) \
                                    : bottom();                                                         \
                return (char *)keep(block) + (change);                                                  \
        }
TURN(left, 0)
TURN(right, 0 * way)

int main(void)
{
        for (unsigned i = 0; i < 200000; i++)
                blocks[i] = i & 1 ? right(i >> 1, 16) : left(i >> 1, 16);
        for (int i = 0; i < 200000; i += 2)
                free(blocks[i]);
        return 0;
}
