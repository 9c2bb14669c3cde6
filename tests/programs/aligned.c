/* The alignment family does what glibc does: odd alignments are rounded up, posix_memalign refuses them and leaves the
 * pointer alone, and no block overlaps another.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live all blocks=0
 * expect: live left blocks=1 bytes=20
 * expect: total left kind=aligned
 * expect: process main frees_foreign=0 frees_interior=0
 * expect: walk agrees
 */
#include "program.h"

static size_t page;

static void use(void *block, size_t alignment, size_t bytes)
{
        CHECK(block && ((uintptr_t)block & (alignment - 1)) == 0);
        CHECK(malloc_usable_size(block) >= bytes);
        memset(block, 0xa5, bytes);
}

NOINLINE static void all(void)
{
        static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1000, 4095, 4096, 4097, 33000, 70000, 1000000, 3000000};
        void *blocks[14][2];

        for (size_t alignment = 8; alignment <= 1 << 21; alignment *= 2) {
                for (int i = 0; i < 14; i++) {
                        CHECK(!posix_memalign(&blocks[i][0], alignment, sizes[i]));
                        use(blocks[i][0], alignment, sizes[i]);
                        blocks[i][1] = i & 1 ? memalign(alignment, sizes[i]) : aligned_alloc(alignment, sizes[i]);
                        use(blocks[i][1], alignment, sizes[i]);
                }
                for (int i = 0; i < 14; i++) {
                        CHECK(!sizes[i] || *((unsigned char *)blocks[i][0] + sizes[i] - 1) == 0xa5);
                        free(blocks[i][0]);
                        blocks[i][1] = realloc(blocks[i][1], sizes[i] + 50);
                        CHECK(!sizes[i] || *((unsigned char *)blocks[i][1] + sizes[i] - 1) == 0xa5);
                        free(blocks[i][1]);
                }
        }
        for (size_t alignment = 0; alignment < 300; alignment++) {
                size_t rounded = 16;
                void *block = memalign(alignment, 10);

                while (rounded < alignment)
                        rounded *= 2;
                use(block, rounded, 10);
                free(block);
        }
        for (int i = 0; i < 14; i++) {
                void *block = valloc(sizes[i]);

                use(block, page, sizes[i]);
                free(block);
                block = pvalloc(sizes[i]);
                use(block, page, (sizes[i] + page - 1) & ~(page - 1));
                free(block);
        }
}

NOINLINE static void refuses(void)
{
        static size_t wrong[] = {0, 1, 2, 4, 7, 12, 24, 48, 100, 4095};

        for (int i = 0; i < 10; i++) {
                void *block = &wrong;

                errno = 99;
                CHECK(posix_memalign(&block, wrong[i], 10) == EINVAL);
                CHECK(block == &wrong && errno == 99);
        }
        void *block = &wrong;
        CHECK(posix_memalign(&block, 64, (size_t)PTRDIFF_MAX + 1) == ENOMEM && block == &wrong);
        errno = 0;
        CHECK(!memalign((SIZE_MAX >> 1) + 2, 10) && errno == EINVAL);
}

NOINLINE static void left(void)
{
        keep(memalign(256, 20));
}

int main(void)
{
        page = (size_t)sysconf(_SC_PAGESIZE);
        all();
        refuses();
        left();
        return 0;
}
