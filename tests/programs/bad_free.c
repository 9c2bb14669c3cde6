/* Frees of what is no block: foreign, inside of a block, twice. Each is counted and ignored, the program lives, and the
 * books stay exact. (glibc aborts, so there is no native run to compare with.)
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: process main frees_interior=5 frees_foreign=9 frees_double=4
 * expect: sql SELECT sum(count) FROM error => 18
 * expect: total blocks_of_ours allocations=5 frees=5
 * expect: live blocks_of_ours blocks=0
 * expect: live after blocks=1000 bytes=1000*100
 * expect: walk agrees
 */
#include "program.h"
#include <sys/mman.h>

static char in_data[64] = {1};

NOINLINE static void *blocks_of_ours(size_t bytes)
{
        return memset(keep(malloc(bytes)), 1, bytes);
}

/* Twice the same address would be two live owners of one block. */
NOINLINE static void after(void)
{
        static char *blocks[1000];

        for (int i = 0; i < 1000; i++) {
                blocks[i] = memset(keep(malloc(100)), i, 100);
                *(int *)blocks[i] = i;
        }
        for (int i = 0; i < 1000; i++)
                CHECK(*(int *)blocks[i] == i && blocks[i][99] == (char)i);
}

int main(void)
{
        char on_stack[64] = {1};
        char *a = blocks_of_ours(100), *b = blocks_of_ours(100), *c = blocks_of_ours(20000), *large = blocks_of_ours(500000),
             *huge = blocks_of_ours(10 << 20);
        char *mapping = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        free(keep(on_stack + 16));
        free(keep(in_data + 16));
        free((void *)main);
        free((void *)0xdeadbeef000);
        free((void *)~0ul);
        free((void *)8);
        free(mapping);
        free((void *)0x8000000000001000);
        free((void *)0x7fffffffeff0);

        free(b + 16);
        free(b + 7);
        free(c + 4096);
        free(large + 65536);
        free(huge + 4096);

        free(a);
        free(keep(a));
        free(b);
        free(c);
        free(keep(c));
        free(large);
        free(keep(large));
        free(huge);
        free(keep(huge));
        after();
        return 0;
}
