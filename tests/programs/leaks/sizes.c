/* Blocks of all sizes, from a byte to 64 MiB, each once lost, once kept, and once kept by the last word of one that is kept.
 * expect: leak lost class=definite blocks=27 bytes=128MiB-1
 * expect: leak kept class=reachable blocks=24 bytes=128MiB-8
 * expect: leak at_the_end class=reachable blocks=24 bytes=24*20
 * memcheck: varies: its heap lies at low addresses, which other numbers look like
 */
#include "leaks.h"

void *volatile root[27];

NOINLINE static void lost(size_t bytes) { keep(malloc(bytes)); }
NOINLINE static void *kept(size_t bytes) { return malloc(bytes); }
NOINLINE static void *at_the_end(void) { return malloc(20); }

NOINLINE static void keep_one(int i)
{
        size_t bytes = (size_t)1 << i;
        char *block = kept(bytes);

        *(void **)(block + bytes - sizeof(void *)) = at_the_end();
        root[i] = block;
}

int main(void)
{
        for (int i = 0; i < 27; i++)
                lost((size_t)1 << i);
        for (int i = 3; i < 27; i++)
                keep_one(i);
        scrub();
        return 0;
}
