/* What the scans of a process leave behind: the last one whole, and how what is lost has grown. */
#include <criterion/criterion.h>

#include "analyzer/model/catalog.h"
#include "tests/unit/analyzer/stream.h"

static struct stream stream;

enum { SECOND = 1000000000 };

static void setup(void)
{
        stream_init(&stream);
        stream_process(&stream, 1, 0, 100);
}

static struct model *feed(void)
{
        struct model *model = model_create();

        stream_feed(&stream, model);
        model_finish(model);
        return model;
}

static void row(uint32_t scan, uint32_t class, uint32_t stack, uint32_t root, uint64_t blocks)
{
        encode_leak(stream_to(&stream, 1, 1), &(struct wire_leak){.scan = scan,
                                                                  .class = class,
                                                                  .stack = stack,
                                                                  .root = root,
                                                                  .blocks = blocks,
                                                                  .bytes = blocks * 10,
                                                                  .usable = blocks * 16,
                                                                  .first_ns = 50,
                                                                  .last_ns = 60});
}

static void end_with(uint32_t scan, uint32_t flags)
{
        encode_leak_scan(stream_to(&stream, 1, 1),
                         &(struct wire_leak_scan){.number = scan, .flags = flags, .time_ns = (uint64_t)scan * SECOND});
}

static const struct leak *find(const struct leaks *leaks, uint32_t class, uint32_t stack)
{
        for (const struct leak *leak = leaks->last.rows; leak; leak = leak->hh.next)
                if (leak->key.class == class && leak->key.stack == stack)
                        return leak;
        return NULL;
}

static const struct leak_trend *trend(const struct leaks *leaks, uint32_t stack)
{
        for (const struct leak_trend *found = leaks->trends; found; found = found->hh.next)
                if (found->key.stack == stack)
                        return found;
        return NULL;
}

TestSuite(leaks, .init = setup);

Test(leaks, rows_without_the_end_of_their_scan_are_void)
{
        row(1, WIRE_LEAK_DEFINITE, 7, 0, 3);

        const struct leaks *leaks = &model_main(feed())->leaks;

        cr_expect_eq(leaks->last.told.number, 0);
        cr_expect_null(leaks->last.rows);
        cr_expect_null(leaks->trends);
}

Test(leaks, the_last_scan_stays_whole_and_replaces_the_one_before)
{
        row(1, WIRE_LEAK_DEFINITE, 7, 0, 3);
        row(1, WIRE_LEAK_DEFINITE, 8, 0, 1);
        end_with(1, 0);
        row(2, WIRE_LEAK_DEFINITE, 7, 0, 3);
        row(2, WIRE_LEAK_INDIRECT, 9, 7, 30);
        row(2, WIRE_LEAK_REACHABLE, 7, 0, 100);
        end_with(2, 0);
        row(3, WIRE_LEAK_DEFINITE, 6, 0, 3); /* its end does not come */

        const struct leaks *leaks = &model_main(feed())->leaks;

        cr_expect_eq(leaks->last.told.number, 2);
        cr_expect_eq(leaks->scans, 2);
        cr_expect_eq(HASH_COUNT(leaks->last.rows), 3);
        cr_expect_eq(find(leaks, WIRE_LEAK_DEFINITE, 7)->blocks, 3);
        cr_expect_eq(find(leaks, WIRE_LEAK_INDIRECT, 9)->key.root, 7);
        cr_expect_eq(find(leaks, WIRE_LEAK_REACHABLE, 7)->bytes, 1000);
        cr_expect_null(find(leaks, WIRE_LEAK_DEFINITE, 8));
}

Test(leaks, what_keeps_coming_is_told_from_what_was_lost_once)
{
        for (uint32_t scan = 1; scan <= 5; scan++) {
                row(scan, WIRE_LEAK_DEFINITE, 7, 0, 10); /* at the start */
                row(scan, WIRE_LEAK_DEFINITE, 8, 0, 100 * scan);
                if (scan >= 3)
                        row(scan, WIRE_LEAK_DEFINITE, 9, 0, scan);
                row(scan, WIRE_LEAK_REACHABLE, 6, 0, scan);
                end_with(scan, 0);
        }

        const struct leaks *leaks = &model_main(feed())->leaks;

        cr_expect_eq(trend(leaks, 7)->scans, 5);
        cr_expect_eq(trend(leaks, 7)->rises, 0);
        cr_expect_eq(trend(leaks, 8)->rises, 4);
        cr_expect_eq(trend(leaks, 8)->base_bytes, 1000);
        cr_expect_eq(trend(leaks, 8)->base_ns, SECOND);
        cr_expect_eq(trend(leaks, 8)->latest_bytes, 5000);
        cr_expect_eq(trend(leaks, 8)->latest_ns, UINT64_C(5) * SECOND);
        cr_expect_eq(trend(leaks, 9)->rises, 3);
        cr_expect_eq(trend(leaks, 9)->base_bytes, 0);
        cr_expect_eq(trend(leaks, 9)->base_ns, UINT64_C(2) * SECOND, "nothing was lost then");
        cr_expect_null(trend(leaks, 6));
}

Test(leaks, an_incomplete_scan_replaces_no_complete_one)
{
        row(1, WIRE_LEAK_DEFINITE, 7, 0, 3);
        end_with(1, 0);
        row(2, WIRE_LEAK_REACHABLE, 7, 0, 4);
        end_with(2, WIRE_SCAN_INCOMPLETE);

        const struct leaks *leaks = &model_main(feed())->leaks;

        cr_expect_eq(leaks->last.told.number, 1);
        cr_expect_eq(leaks->scans, 2);
        cr_expect_eq(leaks->incomplete, 1);
        cr_expect_eq(trend(leaks, 7)->scans, 1);
}

Test(leaks, classes_that_no_scan_knows_are_left_out)
{
        row(1, WIRE_LEAK_CLASSES, 7, 0, 3);
        row(1, UINT32_MAX, 7, 0, 3);
        end_with(1, 0);
        cr_expect_null(model_main(feed())->leaks.last.rows);
}

Test(leaks, scans_that_never_end_keep_no_memory)
{
        for (uint32_t scan = 1; scan <= 100; scan++)
                row(scan, WIRE_LEAK_DEFINITE, 7, 0, 3);
        end_with(100, 0);

        const struct leaks *leaks = &model_main(feed())->leaks;

        cr_expect_eq(leaks->open_count, LEAKS_OPEN_MAX - 1);
        cr_expect_eq(find(leaks, WIRE_LEAK_DEFINITE, 7)->blocks, 3);
}

Test(leaks, rows_whose_stacks_are_one_are_one)
{
        stream_module(&stream, 1, 0x100000, "/bin/example");
        stream_stack(&stream, 1, 7, 0, 0x100010);
        stream_stack(&stream, 1, 8, 0, 0x100010);
        stream_stack(&stream, 1, 9, 0, 0x100020);
        for (uint32_t scan = 1; scan <= 2; scan++) {
                row(scan, WIRE_LEAK_DEFINITE, 7, 0, 3 * scan);
                row(scan, WIRE_LEAK_DEFINITE, 8, 0, 4 * scan);
                row(scan, WIRE_LEAK_INDIRECT, 9, 7, 1);
                row(scan, WIRE_LEAK_INDIRECT, 9, 8, 1);
                end_with(scan, 0);
        }

        struct catalog *catalog = catalog_create(feed());

        cr_assert_eq(catalog->leak_count, 2);
        cr_expect_eq(catalog->leak[0].leak.blocks, 14);
        cr_expect_eq(catalog->leak[0].trend->base_blocks, 7);
        cr_expect_eq(catalog->leak[1].leak.blocks, 2);
        cr_expect_eq(catalog->leak[1].root, catalog->leak[0].stack);
}

Test(leaks, pieces_of_what_the_program_suppresses_make_the_text)
{
        encode_suppressions(stream_to(&stream, 1, 1), "leak:on", 7);
        encode_suppressions(stream_to(&stream, 1, 1), "e\nleak:two\n", 11);
        cr_expect_str_eq(model_main(feed())->leaks.suppressions, "leak:one\nleak:two\n");
}

Test(leaks, a_stack_that_is_not_defined_is_counted_by_its_site_alone)
{
        struct catalog *catalog;

        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 7, 10);
        row(1, WIRE_LEAK_DEFINITE, 7, 0, 1);
        end_with(1, 0);
        catalog = catalog_create(feed());
        cr_expect_eq(catalog->undefined, 1);
        cr_expect_eq(catalog->leak[0].stack, catalog->site[0].stack);
}
