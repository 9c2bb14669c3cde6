/* mallinfo, mallinfo2, malloc_info, malloc_stats, malloc_trim and mallopt answer, and mallinfo2 knows what is in use.
 * compare: exit
 * expect: exit 0
 * expect: live holds blocks=100 bytes=100*10000
 * expect: walk agrees
 */
#include "program.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

NOINLINE static void holds(void)
{
        for (int i = 0; i < 100; i++)
                keep(malloc(10000));
}

int main(void)
{
        struct mallinfo2 before = mallinfo2(), after;
        char *text;
        size_t bytes;
        FILE *file;

        holds();
        after = mallinfo2();
        CHECK(after.uordblks + after.hblkhd >= before.uordblks + before.hblkhd + 1000000);
        CHECK(after.uordblks + after.hblkhd <= before.uordblks + before.hblkhd + 1400000);
        CHECK(mallinfo().uordblks >= 0);
        CHECK(mallopt(M_TRIM_THRESHOLD, 1 << 20) == 1);
        malloc_trim(0);
        malloc_stats();
        CHECK(file = open_memstream(&text, &bytes));
        CHECK(malloc_info(0, file) == 0);
        fclose(file);
        CHECK(bytes > 20 && strstr(text, "<malloc version") && strstr(text, "</malloc>"));
        free(text);
        CHECK(malloc_info(1, stdout) != 0);
        return 0;
}
