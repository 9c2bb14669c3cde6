/* Tables and the stacks of their rows. */
#include "analyzer/findings/table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static struct table *make_table(void)
{
        struct table *table = table_create("things", "THINGS");

        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "name", "name", UNIT_TEXT, false);
        return table;
}

static void add(struct table *table, int64_t bytes, double ratio, const char *name)
{
        table_row(table, NULL);
        table_put(table, bytes);
        table_put_real(table, ratio);
        table_put_text(table, name);
}

Test(table, rows_are_ordered_by_the_column_asked_for)
{
        struct table *table = make_table();

        add(table, 1, 0.9, "a");
        add(table, 3, 0.1, "b");
        add(table, 2, 0.5, "c");
        table_sort(table, "bytes");
        cr_expect_eq(table->row[0].cell[0].whole, 3);
        cr_expect_eq(table->row[2].cell[0].whole, 1);
        table_sort(table, "share");
        cr_expect_str_eq(table->row[0].cell[2].text, "a");
        table_sort(table, "name");
        cr_expect_str_eq(table->row[2].cell[2].text, "c");
        table_destroy(table);
}

Test(table, the_order_does_not_depend_on_the_order_of_arrival)
{
        static const char *const name[] = {"d", "b", "a", "c"};

        for (size_t turn = 0; turn < 4; turn++) {
                struct table *table = make_table();

                for (size_t i = 0; i < 4; i++)
                        add(table, 7, 0.5, name[(turn + i) % 4]);
                table_sort(table, "bytes");
                for (size_t i = 0; i < 4; i++)
                        cr_expect_eq(table->row[i].cell[2].text[0], "abcd"[i]);
                table_destroy(table);
        }
}

Test(table, rows_beyond_the_limit_are_added_up)
{
        enum { ROWS = 5000, LIMIT = 7 };
        struct table *all = table_create("t", "T"), *few = table_create("t", "T"), *tables[] = {all, few};
        struct cell rest_all[2], rest_few[2];

        for (size_t t = 0; t < 2; t++) {
                table_column(tables[t], "number", "number", UNIT_COUNT, true);
                table_column(tables[t], "name", "name", UNIT_TEXT, false);
                table_limit(tables[t], "number", t ? LIMIT : 0);
                for (int64_t i = 0; i < ROWS; i++) {
                        table_row(tables[t], NULL);
                        table_put(tables[t], i * 1999 % ROWS);
                        table_put_text(tables[t], i % 2 ? "odd" : "even");
                }
                table_sort(tables[t], "number");
        }
        cr_assert_eq(few->row_count, LIMIT);
        cr_expect_eq(few->rest_count, ROWS - LIMIT);
        for (size_t i = 0; i < LIMIT; i++) {
                cr_expect_eq(few->row[i].cell[0].whole, all->row[i].cell[0].whole);
                cr_expect_str_eq(few->row[i].cell[1].text, all->row[i].cell[1].text);
        }
        table_rest(all, 3, rest_all);
        table_rest(few, 3, rest_few);
        cr_expect(rest_few[0].known && !rest_few[1].known);
        cr_expect_eq(rest_few[0].whole, rest_all[0].whole);
        table_destroy(all);
        table_destroy(few);
}

Test(table, equal_rows_are_ordered_by_their_stacks)
{
        const struct frame inner = {.function = "alpha"}, outer = {.function = "beta"};
        const struct frame *first[] = {&inner}, *second[] = {&outer};
        const struct stack one = {.frame = first, .count = 1}, two = {.frame = second, .count = 1};
        struct table *table = table_create("t", "T");

        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_row(table, &two);
        table_put(table, 5);
        table_row(table, &one);
        table_put(table, 5);
        table_sort(table, "bytes");
        cr_expect_eq(table->row[0].stack, &one);
        table_destroy(table);
}

Test(table, what_is_not_put_is_unknown_and_stands_last)
{
        struct table *table = make_table();

        table_row(table, NULL);
        table_put_unknown(table);
        add(table, -5, NAN, "known");
        table_sort(table, "bytes");
        cr_expect(table->row[0].cell[0].known);
        cr_expect_not(table->row[0].cell[1].known, "not a number is not known");
        cr_expect_not(table->row[1].cell[0].known);
        cr_expect_not(table->row[1].cell[2].known);
        table_destroy(table);
}

Test(table, a_record_keeps_its_facts_in_order)
{
        struct table *table = table_create("summary", "SUMMARY");

        for (int64_t i = 0; i < 100; i++)
                table_fact(table, "number", UNIT_COUNT, i);
        table_fact_text(table, "text", "kept");
        table_fact_unknown(table, "unknown", UNIT_BYTES);
        cr_assert(table->record);
        cr_assert_eq(table->row_count, 1);
        cr_assert_eq(table->column_count, 102);
        for (int64_t i = 0; i < 100; i++)
                cr_expect_eq(table->row[0].cell[i].whole, i);
        cr_expect_str_eq(table->row[0].cell[100].text, "kept");
        cr_expect_not(table->row[0].cell[101].known);
        table_destroy(table);
}

Test(table, a_copied_text_outlives_its_source)
{
        struct table *table = make_table();
        char *name = strdup("a name");

        add(table, 1, 1, name);
        name[0] = 'X';
        free(name);
        cr_expect_str_eq(table->row[0].cell[2].text, "a name");
        table_destroy(table);
}

Test(stack, frames_on_the_same_line_are_equal_whatever_their_offset)
{
        struct frame a = {.function = "f", .file = "a.c", .line = 3, .module = "m", .offset = 10}, b = a;

        b.offset = 20;
        cr_expect_eq(frame_compare(&a, &b), 0);
        b.line = 4;
        cr_expect_lt(frame_compare(&a, &b), 0);
}

Test(stack, without_lines_the_offset_tells_frames_apart)
{
        struct frame a = {.function = "f", .module = "m", .offset = 10}, b = a;

        b.offset = 20;
        cr_expect_lt(frame_compare(&a, &b), 0);
        cr_expect_gt(frame_compare(&b, &a), 0);
}

Test(stack, a_stack_stands_before_those_it_begins)
{
        const struct frame f = {.function = "f"}, g = {.function = "g"};
        const struct frame *frames[] = {&f, &g};
        const struct stack shorter = {.frame = frames, .count = 1}, longer = {.frame = frames, .count = 2};
        const struct stack none = {.frame = frames};

        cr_expect_lt(stack_compare(&shorter, &longer), 0);
        cr_expect_gt(stack_compare(&longer, &none), 0);
        cr_expect_eq(stack_compare(&longer, &longer), 0);
}

Test(stack, the_base_of_a_path_is_never_empty)
{
        cr_expect_str_eq(path_base("/usr/lib/libc.so.6"), "libc.so.6");
        cr_expect_str_eq(path_base("program"), "program");
        cr_expect_str_eq(path_base("/odd/"), "/odd/");
        cr_expect_null(path_base(NULL));
}

Test(stack, a_stack_goes_on_in_its_outer_part)
{
        struct frame a = {.function = "a"}, b = {.function = "b"}, c = {.function = "c"}, start = {.function = "start"};
        const struct frame *outer_lines[] = {&b, &c, &start}, *inner_lines[] = {&a}, *whole_lines[] = {&a, &b, &c};
        const struct stack outer = {.frame = outer_lines, .count = 2};
        const struct stack between = {.frame = NULL, .count = 2, .outer = &outer};
        const struct stack inner = {.frame = inner_lines, .count = 3, .inner = 1, .outer = &between};
        const struct stack shorter = {.frame = inner_lines, .count = 2, .inner = 1, .outer = &between};
        const struct stack whole = {.frame = whole_lines, .count = 3};
        struct stack_walk walk = stack_walk(&inner);
        const struct frame **line = stack_lines(&inner);

        for (size_t i = 0; i < 3; i++) {
                cr_expect_eq(stack_next(&walk), whole_lines[i]);
                cr_expect_eq(line[i], whole_lines[i]);
        }
        cr_expect_null(stack_next(&walk));
        cr_expect_eq(stack_compare(&inner, &whole), 0);
        cr_expect_eq(stack_compare(&inner, &inner), 0);
        cr_expect_lt(stack_compare(&shorter, &inner), 0);
        cr_expect_gt(stack_compare(&whole, &shorter), 0);
        free(line);
}
