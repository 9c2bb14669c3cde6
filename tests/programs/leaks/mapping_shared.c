/* Anonymous pages that are shared with children are roots.
 * expect: leak in_shared class=reachable blocks=1 bytes=100
 * expect: no leaks
 * lsan: differs lost 1/100 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 */
#include "leaks.h"
#include <sys/mman.h>

NOINLINE static void in_shared(void)
{
        void **words = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        CHECK(words != MAP_FAILED);
        words[100] = malloc(100);
}

int main(void)
{
        in_shared();
        scrub();
        return 0;
}
