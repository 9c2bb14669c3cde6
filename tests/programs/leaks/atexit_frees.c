/* What functions of atexit and on_exit free, and a destructor of the program, is no leak; what they allocate and drop is one.
 * expect: total for_atexit allocations=1 frees=1
 * expect: total for_on_exit allocations=1 frees=1
 * expect: total for_destructor allocations=1 frees=1
 * expect: leak lost_at_exit class=definite blocks=1 bytes=50
 * expect: leak lost_by_destructor class=definite blocks=1 bytes=60
 * lsan: differs lost 1/50 possible 0/0: it looks before the destructors of the program have run
 */
#include "leaks.h"

static void *blocks[3];

NOINLINE static void *for_atexit(void) { return malloc(100); }
NOINLINE static void *for_on_exit(void) { return malloc(200); }
NOINLINE static void *for_destructor(void) { return malloc(300); }
NOINLINE static void lost_at_exit(void) { keep(malloc(50)); }
NOINLINE static void lost_by_destructor(void) { keep(malloc(60)); }

static void at_exit(void)
{
        free(blocks[0]);
        SCRUBBED(lost_at_exit());
}

static void on_exit_with(UNUSED int status, void *argument)
{
        free(argument);
}

__attribute__((destructor)) static void destroy(void)
{
        free(blocks[2]);
        SCRUBBED(lost_by_destructor());
}

int main(void)
{
        blocks[0] = for_atexit();
        blocks[1] = for_on_exit();
        blocks[2] = for_destructor();
        CHECK(atexit(at_exit) == 0);
        CHECK(on_exit(on_exit_with, blocks[1]) == 0);
        scrub();
        return 0;
}
