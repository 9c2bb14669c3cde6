/* Pages that nobody may read, or that lie behind the end of their file, are no trouble; what stands in those is not seen, what
 * stands beside them is.
 * expect: leak beside class=reachable blocks=3 bytes=3*100
 * expect: no leaks
 * lsan: differs lost 3/300 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 */
#include "leaks.h"
#include <sys/mman.h>

#define PAGE 4096

NOINLINE static void *beside(void) { return malloc(100); }

NOINLINE static void fill(void)
{
        char *pages = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *file_pages;
        FILE *file = tmpfile();

        CHECK(pages != MAP_FAILED);
        *(void **)pages = beside();
        *(void **)(pages + 63 * PAGE) = beside();
        for (int i = 1; i < 63; i += 2)
                CHECK(mprotect(pages + i * PAGE, PAGE, i % 4 == 1 ? PROT_NONE : PROT_READ) == 0);
        /* A private mapping of eight pages, seven of which the file does not have. */
        CHECK(file && ftruncate(fileno(file), PAGE) == 0);
        file_pages = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(file), 0);
        CHECK(file_pages != MAP_FAILED);
        *(void **)(file_pages + 64) = beside();
        fclose(file);
}

int main(void)
{
        fill();
        scrub();
        return 0;
}
