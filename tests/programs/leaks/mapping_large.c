/* A reservation of 64 GiB of which three pages were touched is scanned without touching the rest.
 * expect: leak held class=reachable blocks=3 bytes=3*100
 * expect: sql SELECT rss_peak < 512 * 1048576 FROM process WHERE kind = 'main' => 1
 * expect: no leaks
 * lsan: differs lost 3/300 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 * memcheck: cannot: it may have no room for it
 */
#include "leaks.h"
#include <sys/mman.h>

#define BYTES (64ull << 30)

NOINLINE static void *held(void) { return malloc(100); }

NOINLINE static void fill(void)
{
        char *pages = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (pages == MAP_FAILED)
                _exit(77);
        /* Else a touched page may be 2 MiB, and a scan that reads the rest may bring in more. */
        madvise(pages, BYTES, MADV_NOHUGEPAGE);
        *(void **)pages = held();
        *(void **)(pages + BYTES / 2) = held();
        *(void **)(pages + BYTES - 64) = held();
}

int main(void)
{
        fill();
        scrub();
        return 0;
}
