/* Counting the live heap by stack. */
#include <criterion/criterion.h>

#include "preload/record/census.h"

Test(census, adds_up_by_stack)
{
        struct census census = {0};
        uint64_t blocks = 0, bytes = 0, usable = 0;

        for (uint32_t i = 0; i < 100000; i++)
                cr_assert(census_add(&census, &(struct census_block){1 + i % 5000, i % 7, 16, NULL, 0}));
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

Test(census, adds_up_what_is_pinned_and_counts_a_slab_once_for_each_stack)
{
        static const char slab[2];
        static const struct census_block block[] = {{1, 8, 16, &slab[0], 100}, {2, 8, 16, &slab[0], 101},
                                                    {1, 8, 16, &slab[0], 102}, {1, 8, 16, NULL, 0},
                                                    {1, 8, 16, &slab[1], 50},  {1, 8, 16, NULL, 0}};
        struct census census = {0};

        for (size_t i = 0; i < sizeof block / sizeof *block; i++)
                cr_assert(census_add(&census, &block[i]));
        for (size_t i = 0; i < census.row_max; i++) {
                const struct census_row *row = &census.row[i];

                if (!row->used)
                        continue;
                cr_expect_eq(row->pinned, row->stack == 1 ? 252 : 101);
                cr_expect_eq(row->pinning_blocks, row->stack == 1 ? 3 : 1);
                cr_expect_eq(row->pinned_slabs, row->stack == 1 ? 2 : 1);
        }
        census_close(&census);
}

Test(census, keeps_usable_sizes_apart_if_asked_to)
{
        static const struct census_block block[] = {{1, 8, 16, NULL, 0}, {1, 20, 32, NULL, 0}, {1, 9, 16, NULL, 0}};
        struct census census = {.by_usable = true};

        for (size_t i = 0; i < 3 * 2000; i++)
                cr_assert(census_add(&census, &block[i % 3]));
        cr_assert_eq(census.row_count, 2);
        for (size_t i = 0; i < census.row_max; i++)
                if (census.row[i].used)
                        cr_expect_eq(census.row[i].usable, census.row[i].apart * census.row[i].blocks);
        census_close(&census);
}
