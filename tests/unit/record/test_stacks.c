/* The table of stack ids. */
#include <criterion/criterion.h>

#include "preload/record/stacks.h"

static void open_stacks(void)
{
        cr_assert(stacks_open());
}

TestSuite(stacks, .init = open_stacks);

Test(stacks, a_hash_is_new_once_and_keeps_its_id)
{
        bool is_new;
        uint32_t id = stacks_intern(0x1234567890abcdef, &is_new);

        cr_assert(id);
        cr_assert(is_new);
        cr_assert_eq(stacks_intern(0x1234567890abcdef, &is_new), id);
        cr_assert_not(is_new);
        cr_assert_eq(stacks_count(), 1);
}

Test(stacks, a_million_hashes_keep_a_million_ids)
{
        enum { COUNT = 1000000 };
        uint32_t *id = calloc(COUNT, sizeof *id);
        bool is_new;

        for (uint64_t i = 0; i < COUNT; i++) {
                id[i] = stacks_intern(stacks_chain(7, i), &is_new);
                cr_assert(id[i]);
                cr_assert(is_new);
                cr_assert_eq(id[i], i + 1, "in the order in which they are first seen");
        }
        for (uint64_t i = 0; i < COUNT; i++) {
                cr_assert_eq(stacks_intern(stacks_chain(7, i), &is_new), id[i]);
                cr_assert_not(is_new);
        }
        cr_assert_eq(stacks_count(), COUNT);
        free(id);
}

Test(stacks, full_tables_say_so)
{
        bool is_new;
        uint64_t i = 0;

        while (i < 8000000 && stacks_intern(stacks_chain(3, i), &is_new))
                i++;
        cr_assert_lt(i, 8000000);
        cr_assert_gt(i, 3000000);
        cr_assert_neq(stacks_intern(stacks_chain(3, 5), &is_new), 0, "old ones are still found");
        cr_assert_not(is_new);
}

Test(stacks, the_order_of_frames_matters_to_the_hash)
{
        uint64_t ab = stacks_chain(stacks_chain(0, 0x1000), 0x2000), ba = stacks_chain(stacks_chain(0, 0x2000), 0x1000);

        cr_assert_neq(ab, ba);
        cr_assert_neq(stacks_chain(0, 0x1000), stacks_chain(0, 0x1000 | UINT64_C(1) << 48), "generations differ");
}
