/* What a thread allocates while it has leaks disabled is no leak of its own; disabling nests, and is one thread's alone.
 * expect: leak disabled class=definite blocks=0
 * expect: leak disabled_twice class=definite blocks=0
 * expect: leak enabled_again class=definite blocks=1 bytes=200
 * expect: leak by_other class=definite blocks=1 bytes=300
 * memcheck: differs lost 5/803 possible 0/0: it knows no such call
 */
#include "leaks.h"
#include <pthread.h>

__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

NOINLINE static void disabled(void) { keep(malloc(101)); }
NOINLINE static void disabled_twice(void) { keep(malloc(101)); }
NOINLINE static void enabled_again(void) { keep(malloc(200)); }
NOINLINE static void by_other(void) { keep(malloc(300)); }

static void *thread(void *argument)
{
        SCRUBBED(by_other());
        return argument;
}

static void set(int on)
{
        if (__lsan_disable && __lsan_enable)
                (on ? __lsan_enable : __lsan_disable)();
}

int main(void)
{
        pthread_t id;

        set(0);
        disabled();
        set(0);
        disabled_twice();
        set(1);
        disabled();
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        CHECK(pthread_join(id, NULL) == 0);
        set(1);
        enabled_again();
        scrub();
        return 0;
}
