/* With a sample of every byte all is as exact as without: realloc_ways.c.
 * modes: traced
 * options: --sample=1
 * expect: exit 0
 * expect: live from_null blocks=0
 * expect: total from_null allocations=50 frees=50
 * expect: total to_nothing allocations=0 resizes=0
 * expect: live grows_bit_by_bit blocks=1 bytes=10000
 * expect: sql SELECT allocations + resizes FROM site_function WHERE function = 'grows_bit_by_bit' => 10000
 * expect: live shrinks blocks=1 bytes=1
 * expect: sql SELECT allocations + resizes FROM site_function WHERE function = 'shrinks' => 4096
 * expect: live same_size blocks=1 bytes=40
 * expect: total same_size allocations=1 resizes=10
 * expect: live array blocks=1 bytes=30*8
 * expect: sql SELECT sum(allocations) - sum(frees) = sum(live_blocks) FROM site => 1
 * expect: sql SELECT sum(requested) - sum(freed) = sum(live_bytes) FROM site => 1
 * expect: walk agrees
 */
#include "realloc_ways.c"
