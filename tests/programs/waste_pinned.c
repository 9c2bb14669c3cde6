/* One block in each slab is left of many, and all of them are one function's: what is empty there is charged to it. 40
 * slabs of 64 KiB with blocks of 64 bytes, 40 with blocks of 1024, 12 of 128 KiB with blocks of 16 KiB, each but for the
 * block that is left; what the others lose by rounding is less. Tolerance: two slabs of each, since the pattern need not
 * begin with a slab, and the slab that the thread would allocate from next is not charged.
 * expect: total survives<leaves_of_64 pinned_bytes=38*64*1023..40*64*1023 pinning_blocks=38..40 pinned_slabs=38..40
 * expect: total survives<leaves_of_1024 pinned_bytes=38*1024*63..40*1024*63 pinned_slabs=38..40
 * expect: total survives<leaves_of_16384 pinned_bytes=10*16384*7..12*16384*7 pinned_slabs=10..12
 * expect: total passes pinned_bytes=0
 * expect: total passes_too pinned_bytes=0
 * expect: first waste survives
 * expect: process main sparse_slabs=86..92
 * expect: empty agrees
 * expect: walk agrees
 */
#include "program.h"

enum { BLOCKS_MAX = 40 * 1024 };

static void *blocks[BLOCKS_MAX];

NOINLINE static void *passes(size_t size) { return keep(malloc(size - 8)); }
NOINLINE static void *passes_too(size_t size) { return keep(malloc(size)); }
NOINLINE static void *survives(size_t size) { return keep(malloc(size)); }

#define LEAVES(size, blocks_of_a_slab, slabs)                                                              \
        NOINLINE static void leaves_of_##size(void)                                                        \
        {                                                                                                  \
                size_t count = (size_t)blocks_of_a_slab * slabs;                                           \
                                                                                                           \
                for (size_t i = 0; i < count; i++)                                                         \
                        blocks[i] = i % blocks_of_a_slab == 0 ? survives(size)                             \
                                    : i % 2                   ? passes(size)                               \
                                                              : passes_too(size);                          \
                for (size_t i = 0; i < count; i++)                                                         \
                        if (i % blocks_of_a_slab)                                                          \
                                free(blocks[i]);                                                           \
        }

LEAVES(64, 1024, 40)
LEAVES(1024, 64, 40)
LEAVES(16384, 8, 12)

int main(void)
{
        leaves_of_64();
        leaves_of_1024();
        leaves_of_16384();
        return 0;
}
