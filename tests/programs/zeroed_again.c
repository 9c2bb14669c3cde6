/* calloc gives zeros out of memory that was used before, at every size.
 * expect: exit 0
 * expect: live clears blocks=0
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void clears(size_t bytes)
{
        char *blocks[8];

        for (int i = 0; i < 8; i++)
                blocks[i] = memset(malloc(bytes), 0xee, bytes);
        for (int i = 0; i < 8; i++)
                free(blocks[i]);
        for (int i = 0; i < 8; i++) {
                blocks[i] = calloc(1, bytes);
                for (size_t at = 0; at < bytes; at++)
                        CHECK(!blocks[i][at]);
        }
        for (int i = 0; i < 8; i++)
                free(blocks[i]);
}

int main(void)
{
        for (size_t bytes = 1; bytes < 300; bytes++)
                clears(bytes);
        for (size_t bytes = 300; bytes < 6 << 20; bytes = bytes * 5 / 3)
                clears(bytes);
        return 0;
}
