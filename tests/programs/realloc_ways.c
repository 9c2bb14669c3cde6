/* realloc from NULL, to nothing, in place, moving, shrinking: contents kept, and the block always belongs to its last
 * caller. allocations + resizes is what the program did.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: live from_null blocks=0
 * expect: total from_null allocations=50 frees=50
 * expect: total to_nothing allocations=0 resizes=0
 * expect: live grows_bit_by_bit blocks=1 bytes=10000
 * expect: sql SELECT allocations + resizes FROM site_function WHERE function = 'grows_bit_by_bit' => 10000
 * expect: live shrinks blocks=1 bytes=1
 * expect: sql SELECT allocations + resizes FROM site_function WHERE function = 'shrinks' => 4096
 * expect: live same_size blocks=1 bytes=40
 * expect: total same_size allocations=1 resizes=10
 * expect: live array blocks=1 bytes=30*8
 * expect: sql SELECT sum(allocations) - sum(frees) = sum(live_blocks) FROM site => 1
 * expect: sql SELECT sum(requested) - sum(freed) = sum(live_bytes) FROM site => 1
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void *from_null(void)
{
        return keep(realloc(NULL, 77));
}

NOINLINE static void to_nothing(void *block)
{
        CHECK(realloc(block, 0) == NULL);
}

NOINLINE static void grows_bit_by_bit(void)
{
        unsigned char *block = NULL;

        for (size_t bytes = 1; bytes <= 10000; bytes++) {
                block = realloc(block, bytes);
                block[bytes - 1] = (unsigned char)(bytes * 7);
                CHECK(block[0] == 7 && block[bytes / 2] == (unsigned char)((bytes / 2 + 1) * 7));
        }
        for (size_t i = 0; i < 10000; i++)
                CHECK(block[i] == (unsigned char)((i + 1) * 7));
}

NOINLINE static void shrinks(void)
{
        unsigned char *block = NULL;

        for (size_t bytes = 4096; bytes >= 1; bytes--) {
                block = realloc(block, bytes);
                if (bytes == 4096)
                        memset(block, 0x5a, bytes);
                CHECK(block[bytes - 1] == 0x5a);
        }
}

NOINLINE static void same_size(void)
{
        void *block = NULL;

        for (int i = 0; i < 11; i++)
                block = keep(realloc(block, 40));
}

NOINLINE static void array(void)
{
        long *numbers = NULL;

        for (size_t count = 10; count <= 30; count += 10) {
                numbers = reallocarray(numbers, count, sizeof *numbers);
                for (size_t i = count - 10; i < count; i++)
                        numbers[i] = (long)i;
        }
        for (long i = 0; i < 30; i++)
                CHECK(numbers[i] == i);
}

int main(void)
{
        for (int i = 0; i < 50; i++)
                to_nothing(from_null());
        grows_bit_by_bit();
        shrinks();
        same_size();
        array();
        return 0;
}
