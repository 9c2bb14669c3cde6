/* How long blocks lived is told by the ages: freed within a millisecond, after 5 ms, after 50 ms (or ten
 * times that on a busy machine), never.
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
#include "program.h"

static void *blocks[100];

NOINLINE static void *at_once(void) { return keep(malloc(10)); }
NOINLINE static void *after_5ms(void) { return keep(malloc(10)); }
NOINLINE static void *after_50ms(void) { return keep(malloc(10)); }
NOINLINE static void *never(void) { return keep(malloc(10)); }

static void free_all(void)
{
        for (int i = 0; i < 100; i++)
                free(blocks[i]);
}

static void fill(void *(*source)(void))
{
        for (int i = 0; i < 100; i++)
                blocks[i] = source();
}

int main(void)
{
        never();
        for (int i = 0; i < 50; i++) {
                void *a = at_once(), *b = at_once();
                free(a);
                free(b);
        }
        fill(after_5ms);
        sleep_ms(4);
        free_all();
        fill(after_50ms);
        sleep_ms(40);
        free_all();
        return 0;
}
