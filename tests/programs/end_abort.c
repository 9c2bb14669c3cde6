/* abort: the status says so, and every event before it is known.
 * modes: pools off sampled traced
 * expect: signal ABRT
 * expect: live holds blocks=123 bytes=123*100
 * expect: total tidies allocations=5000 frees=5000
 * expect: process main end_kind=killed
 * expect: sql SELECT value FROM meta WHERE key = 'exit_signal' => 6
 */
#include "program.h"

NOINLINE static void holds(void)
{
        keep(malloc(100));
}

NOINLINE static void tidies(void)
{
        free(keep(malloc(44)));
}

int main(void)
{
        for (int i = 0; i < 5000; i++)
                tidies();
        for (int i = 0; i < 123; i++)
                holds();
        abort();
}
