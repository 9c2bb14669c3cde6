/* A large block grows to 400 MiB and shrinks again; page by page its contents stay. The pages are never all copied: the
 * time stays short, as with mremap.
 * expect: exit 0
 * expect: live grows blocks=1 bytes=1MiB
 * expect: sql SELECT max(max_bytes) FROM site_function WHERE function = 'grows' => 400MiB
 * expect: process main peak_bytes=400MiB..402MiB
 * expect: sql SELECT sum(requested) - sum(freed) FROM site_function WHERE function = 'grows' => 1048576
 * expect: walk agrees
 */
#include "program.h"

enum { STEP = 1 << 20 };

static void sign(char *block, size_t at)
{
        *(size_t *)(block + at) = at ^ 0x1234567;
}

static void verify(const char *block, size_t at)
{
        CHECK(*(const size_t *)(block + at) == (at ^ 0x1234567));
}

NOINLINE static void grows(void)
{
        char *block = NULL;

        for (size_t bytes = STEP; bytes <= (size_t)400 * STEP; bytes += STEP) {
                block = realloc(block, bytes);
                CHECK(block);
                sign(block, bytes - STEP);
                verify(block, 0);
        }
        for (size_t at = 0; at < (size_t)400 * STEP; at += STEP)
                verify(block, at);
        for (size_t bytes = (size_t)200 * STEP; bytes >= STEP; bytes -= STEP) {
                block = realloc(block, bytes);
                verify(block, bytes - STEP);
                verify(block, 0);
        }
}

int main(void)
{
        grows();
        return 0;
}
