/* Rows add up, however many there are. */
#include "preload/leaks/rows.h"

#include <criterion/criterion.h>

#include "preload/record/recorder.h"

enum { STACKS = 3000, ROOTS = 5 };

static void add(struct leak_rows *rows, uint32_t stack, uint32_t root, uint64_t birth, uint32_t flags)
{
        uint64_t record = RECORDER_LIVE | birth << RECORDER_BIRTH_SHIFT | stack;

        cr_assert(leak_rows_add(rows, &(struct leak_row){.class = 1 + root % 2,
                                                         .stack = stack,
                                                         .root = root,
                                                         .flags = flags,
                                                         .blocks = 1,
                                                         .bytes = stack,
                                                         .usable = 2ull * stack,
                                                         .first = record,
                                                         .last = record}));
}

Test(leak_rows, each_class_stack_and_root_has_a_row)
{
        struct leak_rows rows = {.row = NULL};
        size_t seen = 0;

        for (unsigned round = 0; round < 3; round++)
                for (uint32_t stack = 1; stack <= STACKS; stack++)
                        for (uint32_t root = 0; root < ROOTS; root++)
                                add(&rows, stack, root, (round + 1) % 3 + 10, 1u << round);
        cr_assert_eq(rows.count, STACKS * ROOTS);
        for (size_t i = 0; i < rows.max; i++) {
                const struct leak_row *row = &rows.row[i];

                if (!row->blocks)
                        continue;
                seen++;
                cr_assert_eq(row->class, 1 + row->root % 2);
                cr_assert_eq(row->blocks, 3);
                cr_assert_eq(row->bytes, 3ull * row->stack);
                cr_assert_eq(row->usable, 6ull * row->stack);
                cr_assert_eq(row->flags, 7);
                cr_assert_eq(row->first >> RECORDER_BIRTH_SHIFT & 0xffff, 10);
                cr_assert_eq(row->last >> RECORDER_BIRTH_SHIFT & 0xffff, 12);
        }
        cr_assert_eq(seen, STACKS * ROOTS);
        leak_rows_close(&rows);
}
