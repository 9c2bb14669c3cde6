/* Pages that were written and then protected keep what they point at.
 * expect: leak in_readonly class=reachable blocks=1 bytes=100
 * expect: no leaks
 * lsan: differs lost 1/100 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 * memcheck: differs lost 1/100 possible 0/0: it looks at writable pages only
 */
#include "leaks.h"
#include <sys/mman.h>

NOINLINE static void in_readonly(void)
{
        void **words = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        CHECK(words != MAP_FAILED);
        words[100] = malloc(100);
        CHECK(mprotect(words, 1 << 16, PROT_READ) == 0);
}

int main(void)
{
        in_readonly();
        scrub();
        return 0;
}
