/* All of malloc_usable_size may be written, as systemd and redis do, without harm to any neighbour; and it never changes.
 * expect: exit 0
 * expect: live fills blocks=0
 * expect: total fills allocations=6000
 * expect: walk agrees
 */
#include "program.h"

enum { BLOCKS = 2000 };

NOINLINE static void fills(size_t least, size_t step)
{
        static unsigned char *blocks[BLOCKS];
        static size_t usable[BLOCKS];

        for (size_t i = 0; i < BLOCKS; i++) {
                blocks[i] = malloc(least + i * step);
                usable[i] = malloc_usable_size(blocks[i]);
                CHECK(usable[i] >= least + i * step);
                memset(blocks[i], (int)i, usable[i]);
        }
        for (size_t i = 0; i < BLOCKS; i++) {
                CHECK(malloc_usable_size(blocks[i]) == usable[i]);
                for (size_t at = 0; at < usable[i]; at += at < 64 || at + 65 > usable[i] ? 1 : 61)
                        CHECK(blocks[i][at] == (unsigned char)i);
                free(blocks[i]);
        }
}

int main(void)
{
        fills(0, 1);
        fills(1, 37);
        fills(100, 7);
        return 0;
}
