/* Counting the live heap by stack. */
#include <criterion/criterion.h>

#include "preload/record/census.h"

Test(census, adds_up_by_stack)
{
        struct census census = {0};
        uint64_t blocks = 0, bytes = 0, usable = 0;

        for (uint32_t i = 0; i < 100000; i++)
                cr_assert(census_add(&census, 1 + i % 5000, i % 7, 16));
        cr_assert_eq(census.row_count, 5000);
        for (size_t i = 0; i < census.row_max; i++) {
                if (!census.row[i].used)
                        continue;
                cr_assert_eq(census.row[i].blocks, 20);
                blocks += census.row[i].blocks;
                bytes += census.row[i].bytes;
                usable += census.row[i].usable;
        }
        cr_assert_eq(blocks, 100000);
        cr_assert_eq(usable, 1600000);
        cr_assert_eq(bytes, 299995);
        census_close(&census);
        cr_assert_null(census.row);
}
