/* Blocks of hundreds of MiB, zero-filled when calloc made them, aligned to 64 MiB when asked for, given back at once.
 * expect: exit 0
 * expect: total big allocations=8 frees=8 requested=8*300000001 max_bytes=300000001
 * expect: live big blocks=0
 * expect: live zeroed blocks=1 bytes=256MiB
 * expect: live aligned blocks=1 bytes=5000000
 * expect: process main rss_peak<=150MiB
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void big(void)
{
        char *block = malloc(300000001);

        CHECK(block && ((uintptr_t)block & 15) == 0);
        CHECK(malloc_usable_size(block) >= 300000001);
        block[0] = 1;
        block[300000000] = 2;
        free(block);
}

NOINLINE static void zeroed(void)
{
        char *block = calloc(1 << 20, 256);

        for (size_t i = 0; i < (size_t)256 << 20; i += 1 << 20)
                CHECK(block[i] == 0);
}

NOINLINE static void aligned(void)
{
        char *block = aligned_alloc(64 << 20, 5000000);

        CHECK(block && ((uintptr_t)block & ((64 << 20) - 1)) == 0);
        block[4999999] = 1;
}

int main(void)
{
        for (int i = 0; i < 8; i++)
                big();
        zeroed();
        aligned();
        return 0;
}
