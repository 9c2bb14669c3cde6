/* --trace=off: the pools alone. The program runs as ever, the profile says that nothing was traced, and has no sites.
 * options: --trace=off
 * expect: exit 0
 * expect: sql SELECT value FROM meta WHERE key = 'traced' => 0
 * expect: sql SELECT count(*) FROM site => 0
 * expect: sql SELECT sum(blocks_used) >= 1000 FROM pool => 1
 */
#include "program.h"

int main(void)
{
        for (int i = 0; i < 1000; i++)
                memset(keep(malloc((size_t)i)), 1, (size_t)i);
        for (int i = 0; i < 100000; i++)
                free(keep(malloc((size_t)i % 1000)));
        return 0;
}
