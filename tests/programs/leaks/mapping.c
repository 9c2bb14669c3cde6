/* Private pages that the program mapped itself are roots, also what sbrk gave it; unmapped ones are not.
 * expect: leak in_pages class=reachable blocks=2 bytes=2*100
 * expect: leak in_break class=reachable blocks=1 bytes=150
 * expect: leak in_unmapped class=definite blocks=1 bytes=200
 * expect: leak in_discarded class=definite blocks=1 bytes=300
 * lsan: differs lost 5/850 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 */
#include "leaks.h"
#include <sys/mman.h>

#define BYTES (1 << 20)

NOINLINE static void **pages(void)
{
        void **pages = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        CHECK(pages != MAP_FAILED);
        return pages;
}

NOINLINE static void in_pages(void)
{
        void **words = pages();

        words[0] = malloc(100);
        words[BYTES / sizeof *words - 1] = malloc(100);
}

NOINLINE static void in_break(void)
{
        void **words = sbrk(4096);

        words[10] = malloc(150);
}

NOINLINE static void in_unmapped(void)
{
        void **words = pages();

        words[10] = malloc(200);
        munmap(words, BYTES);
}

NOINLINE static void in_discarded(void)
{
        void **words = pages();

        words[10] = malloc(300);
        madvise(words, BYTES, MADV_DONTNEED);
}

int main(void)
{
        in_pages();
        in_break();
        in_unmapped();
        in_discarded();
        scrub();
        return 0;
}
