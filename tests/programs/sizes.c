/* One block of every size up to 40000, each freed by the wrong order; sums are those of Gauss.
 * expect: exit 0
 * expect: total every_size allocations=40001 frees=40001 requested=800020000 size_min=0 size_max=40000
 * expect: sql SELECT allocated_usable >= requested AND allocated_usable < requested * 1.13 FROM site_function WHERE
 *         function = 'every_size' => 1
 * expect: peak every_size blocks=40001 bytes=800020000
 * expect: live every_size blocks=0
 * expect: walk agrees
 */
#include "program.h"

static void *blocks[40001];

NOINLINE static void *every_size(size_t bytes)
{
        return keep(malloc(bytes));
}

int main(void)
{
        for (size_t i = 0; i <= 40000; i++)
                blocks[i] = every_size(i);
        for (size_t i = 0; i <= 40000; i++)
                free(blocks[i * 7919 % 40001]);
        return 0;
}
