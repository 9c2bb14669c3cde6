/* A private mapping of a file is the program's own memory and a root. One that is shared belongs to a file, in which an address of
 * this process means nothing: what only that points at counts as lost (documented).
 * expect: leak in_private class=reachable blocks=1 bytes=100
 * expect: leak in_shared class=definite blocks=1 bytes=200
 * lsan: differs lost 2/300 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 * memcheck: differs lost 0/0 possible 0/0: it looks at shared mappings of files too
 */
#include "leaks.h"
#include <sys/mman.h>

NOINLINE static void **map(int flags)
{
        FILE *file = tmpfile();
        void **words;

        CHECK(file && ftruncate(fileno(file), 1 << 16) == 0);
        words = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, flags, fileno(file), 0);
        CHECK(words != MAP_FAILED);
        fclose(file);
        return words;
}

NOINLINE static void in_private(void) { map(MAP_PRIVATE)[100] = malloc(100); }
NOINLINE static void in_shared(void) { map(MAP_SHARED)[100] = malloc(200); }

int main(void)
{
        in_private();
        in_shared();
        scrub();
        return 0;
}
