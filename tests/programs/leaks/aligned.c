/* Aligned blocks, up to 2 MiB, are found by their start whatever lies before it.
 * expect: leak lost class=definite blocks=18 bytes=18*100
 * expect: leak kept class=reachable blocks=18 bytes=18*100
 * expect: leak inside class=possible blocks=18 bytes=18*100
 */
#include "leaks.h"

void *volatile root[2][22];

NOINLINE static void lost(size_t alignment) { keep(memalign(alignment, 100)); }
NOINLINE static void kept(int i) { root[0][i] = memalign((size_t)1 << i, 100); }
NOINLINE static void inside(int i) { root[1][i] = (char *)memalign((size_t)1 << i, 100) + 64; }

int main(void)
{
        for (int i = 4; i < 22; i++) {
                lost((size_t)1 << i);
                kept(i);
                inside(i);
        }
        scrub();
        return 0;
}
