/* With a sample of every byte all is as exact as without: ages.c.
 * modes: traced
 * options: --sample=1
 * expect: total at_once allocations=100 short_lived=100
 * expect: total after_5ms allocations=100 short_lived=0
 * expect: total after_50ms allocations=100 short_lived=0
 * expect: sql SELECT ages IN ('0 0 100 0 0 0 0 0', '0 0 0 100 0 0 0 0') FROM site_function WHERE function =
 *         'after_5ms' => 1
 * expect: sql SELECT ages IN ('0 0 0 100 0 0 0 0', '0 0 0 0 100 0 0 0') FROM site_function WHERE function =
 *         'after_50ms' => 1
 * expect: sql SELECT ages FROM site_function WHERE function = 'never' => 0 0 0 0 0 0 0 0
 * expect: walk agrees
 */
#include "ages.c"
