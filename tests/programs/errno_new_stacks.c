/* errno survives a malloc that succeeds, also when its stack is new and the frame that defines it cannot be sent as usual:
 * the descriptor has been closed.
 * expect: exit 0
 * expect: total leaf allocations=177147
 * expect: live leaf blocks=0
 * expect: walk agrees
 */
#include "program.h"

static long changed;

NOINLINE static void leaf(void)
{
        errno = 4711;
        void *block = keep(malloc(100));

        changed += errno != 4711;
        free(block);
        changed += errno != 4711;
}

/* Three ways down at each of 11 levels: 177,147 stacks. */
NOINLINE static void deeper(int levels)
{
        if (levels == 0) {
                leaf();
                return;
        }
        if (levels == 5)
                close_range(3, ~0u, 0);
        deeper(levels - 1);
        __asm__ volatile("");
        deeper(levels - 1);
        __asm__ volatile("");
        deeper(levels - 1);
        __asm__ volatile("");
}

int main(void)
{
        deeper(11);
        CHECK(changed == 0);
        return 0;
}
