/* What stands in a large array of a live frame, and in what alloca gave it, is reachable.
 * expect: leak in_array class=reachable blocks=2 bytes=2*100
 * expect: leak in_alloca class=reachable blocks=1 bytes=200
 * expect: no leaks
 * memcheck: differs lost 2/300 possible 0/0: it takes a frame as large as this for another stack
 */
#include "leaks.h"
#include <alloca.h>

NOINLINE static void *in_array(void) { return malloc(100); }
NOINLINE static void *in_alloca(void) { return malloc(200); }

int main(void)
{
        void *volatile array[500 * 1024];
        void *volatile *more = alloca(1 << 20);

        array[0] = in_array();
        array[500 * 1024 - 1] = in_array();
        more[1000] = in_alloca();
        keep((void *)array);
        scrub();
        exit(0);
}
