/* Blocks of no bytes are real: unique, not NULL, counted with zero bytes, freed like others.
 * expect: exit 0
 * expect: live empty blocks=64 bytes=0
 * expect: total empty allocations=164 frees=100 requested=0 size_max=0
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void *empty(int way)
{
        void *block = NULL;

        switch (way & 3) {
        case 0: return malloc(0);
        case 1: return calloc(0, 7);
        case 2: return realloc(NULL, 0);
        default: CHECK(!posix_memalign(&block, 32, 0)); return block;
        }
}

int main(void)
{
        void *blocks[64];

        for (int i = 0; i < 64; i++) {
                CHECK(blocks[i] = empty(i));
                for (int k = 0; k < i; k++)
                        CHECK(blocks[k] != blocks[i]);
        }
        for (int i = 0; i < 100; i++)
                free(empty(i));
        return 0;
}
