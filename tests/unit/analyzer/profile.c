/* A stream to the SQLite file: every table, and the columns that are worked out on the way. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/store/publish.h"
#include "analyzer/store/store.h"
#include "tests/unit/analyzer/stream.h"

static struct stream stream;
static char directory[] = "/tmp/heaptap-unit.XXXXXX";
static char *path;
static sqlite3 *database;

static void setup(void)
{
        stream_init(&stream);
        cr_assert_not_null(mkdtemp(directory));
        cr_assert_gt(asprintf(&path, "%s/test.heap", directory), 0);
        stream_process(&stream, 1, 0, 100);
}

static void cleanup(void)
{
        sqlite3_close(database);
        unlink(path);
        rmdir(directory);
}

static void store(const struct store_facts *facts)
{
        struct model *model = model_create();
        struct catalog *catalog;
        char *temporary = publish_begin(path), *trouble = NULL;

        cr_assert_not_null(temporary);
        stream_feed(&stream, model);
        model_finish(model);
        catalog = catalog_create(model);
        cr_assert(store_write(temporary, model, catalog, facts, &trouble), "%s", trouble);
        cr_assert(publish_end(temporary, path, false));
        free(temporary);
        catalog_free(catalog);
        model_free(model);
        cr_assert_eq(sqlite3_open(path, &database), SQLITE_OK);
}

static void expect(const char *sql, const char *expected)
{
        sqlite3_stmt *query = NULL;
        const char *value = NULL;

        cr_assert_eq(sqlite3_prepare_v2(database, sql, -1, &query, NULL), SQLITE_OK, "%s", sqlite3_errmsg(database));
        if (sqlite3_step(query) == SQLITE_ROW)
                value = (const char *)sqlite3_column_text(query, 0);
        cr_expect_str_eq(value ? value : "NULL", expected, "%s: %s", sql, value ? value : "NULL");
        sqlite3_finalize(query);
}

TestSuite(profile, .init = setup, .fini = cleanup);

Test(profile, an_empty_program_has_a_profile)
{
        store(&(struct store_facts){0});
        expect("PRAGMA integrity_check", "ok");
        expect("PRAGMA user_version", "3");
        expect("SELECT count(*) FROM meta WHERE key LIKE 'analyzer%'", "0");
        expect("SELECT value FROM meta WHERE key = 'program'", "example");
        expect("SELECT value FROM meta WHERE key = 'command'", "example --fast");
        expect("SELECT value FROM meta WHERE key = 'exit_known'", "0");
        expect("SELECT count(*) FROM site", "0");
        expect("SELECT kind || ' ' || end_kind || ' ' || walk FROM process", "main killed none");
        expect("SELECT walk_blocks FROM process", "NULL");
        expect("SELECT mapped FROM process", "NULL");
}

Test(profile, how_the_program_ended_is_kept)
{
        encode_exit(stream_to(&stream, 1, 1),
                    &(struct wire_exit_event){
                            .how = WIRE_EXIT_QUICK, .time_ns = stream.time_ns + 77, .frees = 5, .allocations = 6});
        store(&(struct store_facts){.exit_known = true, .exit_signal = 9, .interrupted = true});
        expect("SELECT value FROM meta WHERE key = 'exit_signal'", "9");
        expect("SELECT value FROM meta WHERE key = 'interrupted'", "1");
        expect("SELECT value FROM meta WHERE key = 'duration_ns'", "77");
        expect("SELECT end_kind || end_ns || counted_frees || counted_allocations FROM process", "_exit7756");
}

Test(profile, what_the_analysis_took_is_told_when_asked)
{
        store(&(struct store_facts){.costs = true});
        expect("SELECT value > 1000000 FROM meta WHERE key = 'analyzer_rss_peak'", "1");
        expect("SELECT value > 0 FROM meta WHERE key = 'analyzer_cpu_us'", "1");
}

Test(profile, a_site_is_told_in_full)
{
        struct encode *to;

        stream_module(&stream, 1, 0x100000, "/nonexistent/example");
        stream_stack(&stream, 1, 5, 6, 0x100010);
        stream_stack(&stream, 1, 6, 0, 0x100020);
        to = stream_to(&stream, 1, 1);
        encode_alloc(to, WIRE_NEW_ARRAY, 5, 100);
        encode_tick(to, 3000);
        encode_alloc(to, WIRE_NEW, 5, 20);
        encode_free(to, WIRE_AGE_10MS, 5, 100);
        store(&(struct store_facts){0});
        expect("SELECT kind || ' ' || allocations || ' ' || frees || ' ' || short_lived FROM site", "new[] 2 1 0");
        expect("SELECT requested || ' ' || freed || ' ' || live_bytes || ' ' || max_bytes FROM site", "120 100 20 120");
        expect("SELECT live_usable || ' ' || peak_bytes || ' ' || peak_usable FROM site", "32 120 144");
        expect("SELECT size_min || ' ' || size_max || ' ' || last_ns FROM site", "20 100 3000000");
        expect("SELECT ages FROM site", "0 0 1 0 0 0 0 0");
        expect("SELECT group_concat(offset, ' ') FROM (SELECT frame.offset FROM site JOIN stack_frame USING (stack) "
               "JOIN frame ON frame.id = frame ORDER BY position)",
               "16 32");
        expect("SELECT depth || ' ' || (SELECT frames FROM stack AS next WHERE next.id = stack.outer) FROM stack "
               "WHERE id = (SELECT stack FROM site)",
               "2 1");
        expect("SELECT symbols FROM module", "missing");
        expect("SELECT count(*) FROM series", "2");
        expect("SELECT live_bytes || ' ' || max_bytes FROM process_series ORDER BY bin DESC", "20 120");
}

Test(profile, what_is_pinned_is_told)
{
        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, 5, 100);
        encode_live(stream_to(&stream, 1, 1), &(struct wire_live){5, 1, 100, 112, 4000, 1, 1});
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.blocks = 1, .empty = {2, 4500, 30, 40, 50}});
        store(&(struct store_facts){0});
        expect("SELECT live_usable || ' ' || pinned_bytes || ' ' || pinning_blocks || ' ' || pinned_slabs FROM site",
               "112 4000 1 1");
        expect("SELECT sparse_slabs || ' ' || empty_pinned || ' ' || empty_filling || ' ' || empty_dense || ' ' || "
               "empty_unpinned FROM process",
               "2 4500 30 40 50");
}

Test(profile, a_sample_is_told)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_sampling(to, 1 << 20);
        encode_alloc(to, WIRE_MALLOC, 5, wire_sampled_size(100, 112));
        encode_alloc(to, WIRE_MALLOC, 5, wire_sampled_size(100, 112));
        encode_free(to, WIRE_AGE_10MS, 5, wire_sampled_size(100, 112));
        encode_exit(to, &(struct wire_exit_event){.how = WIRE_EXIT_NORMAL, .allocations = 2, .frees = 1});
        store(&(struct store_facts){0});
        expect("SELECT rate || ' ' || allocations || ' ' || frees || ' ' || resizes FROM process_sample",
               "1048576 2 1 0");
        expect("SELECT counted_allocations || ' ' || counted_frees || ' ' || counted_resizes FROM process_sample",
               "2 1 0");
        expect("SELECT counted_allocations FROM process", "NULL");
        expect("SELECT allocations || ' ' || live_blocks || ' ' || live_bytes FROM site", "18726 9363 936279");
        expect("SELECT taken || ' ' || requested_spread || ' ' || live_spread || ' ' || peak_spread FROM site_sample",
               "2 1671836 835918 1671836");
}

Test(profile, losses_are_told)
{
        encode_lost(stream_to(&stream, 1, 1), 50, 2);
        stream_skip(&stream, 1, 1, 3);
        encode_thread_end(stream_to(&stream, 1, 1));
        store(&(struct store_facts){.damages = 4});
        expect("SELECT value FROM meta WHERE key = 'lost_events'", "50");
        expect("SELECT value FROM meta WHERE key = 'lost_frames'", "5");
        expect("SELECT value FROM meta WHERE key = 'damaged_frames'", "4");
        expect("SELECT group_concat(why || first_sequence || frames, ' ') FROM event_loss", "dropped02 missing13");
        expect("SELECT ended FROM thread", "1");
}

Test(profile, pools_have_their_kind)
{
        encode_pool(stream_to(&stream, 1, 1), &(struct wire_pool){.size_class = 0, .block_bytes = 16, .slabs = 2});
        encode_pool(stream_to(&stream, 1, 1), &(struct wire_pool){.size_class = 1});
        encode_pool(stream_to(&stream, 1, 1), &(struct wire_pool){.size_class = 2});
        store(&(struct store_facts){0});
        expect("SELECT group_concat(kind, ' ') FROM (SELECT kind FROM pool ORDER BY size_class)", "small large huge");
}

Test(profile, the_history_of_purging_is_kept_and_bounded)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_limits(to, &(struct wire_limits){.retain_bytes = 4, .most_bytes = 64, .decay_ms = 1000});
        encode_purged(to, &(struct wire_purged){.number = 1, .why = WIRE_PURGE_PRESSURE, .purges = 1, .bytes = 30});
        encode_purged(to, &(struct wire_purged){.why = WIRE_PURGE_DECAY, .purges = 2, .bytes = 10, .ns = 7});
        encode_purged(to, &(struct wire_purged){.why = 99, .purges = 1, .bytes = 1, .refaulted_bytes = 1});
        encode_limits(to, &(struct wire_limits){.number = 1,
                                                .why = WIRE_LIMITS_SQUEEZED,
                                                .source = WIRE_PRESSURE_CGROUP,
                                                .stalled = 250,
                                                .time_ns = stream.time_ns + 5});
        for (uint32_t number = 1000; number > 300; number -= 100)
                encode_limits(to, &(struct wire_limits){.number = number, .why = 99, .source = 99});
        encode_purged(to, &(struct wire_purged){.number = UINT32_MAX, .why = WIRE_PURGE_TRIM, .purges = 1});
        store(&(struct store_facts){0});
        expect("SELECT group_concat(number || why || source, ' ') FROM purge_limit",
               "0configurednone 1squeezedcgroup 1000otherother");
        expect("SELECT retain || ' ' || most || ' ' || decay_ms FROM purge_limit WHERE place = 0", "4 64 1000");
        expect("SELECT time_ns || ' ' || stalled FROM purge_limit WHERE place = 1", "5 0.025");
        expect("SELECT group_concat(place || why || purges || '/' || bytes || '/' || ns || '/' || refaulted, ' ') "
               "FROM purge",
               "0decay2/10/7/0 0other1/1/0/1 1pressure1/30/0/0 200trim1/0/0/0");
}

Test(profile, forks_and_executed_programs_are_told_apart)
{
        stream_process(&stream, 2, 1, 200);
        stream_process(&stream, 3, 0, 100);
        store(&(struct store_facts){0});
        expect("SELECT group_concat(kind, ' ') FROM (SELECT kind FROM process ORDER BY id)", "main fork exec");
        expect("SELECT parent FROM process WHERE id = 2", "1");
        expect("SELECT parent FROM process WHERE id = 3", "NULL");
}

Test(profile, an_existing_profile_is_not_replaced_unless_told)
{
        char *temporary;

        store(&(struct store_facts){0});
        temporary = publish_begin(path);
        cr_assert_not_null(temporary);
        cr_expect_not(publish_end(temporary, path, false));
        cr_expect_eq(access(temporary, F_OK), 0, "nothing is lost");
        cr_expect(publish_end(temporary, path, true));
        cr_expect_neq(access(temporary, F_OK), 0);
        free(temporary);
}

static void leak_rows(uint32_t scan)
{
        struct encode *to = stream_to(&stream, 1, 1);

        encode_leak(to, &(struct wire_leak){scan, WIRE_LEAK_DEFINITE, 1, 0, 0, scan, 100, 112, 1000, 2000});
        encode_leak(to, &(struct wire_leak){scan, WIRE_LEAK_INDIRECT, 2, 1, WIRE_LEAK_CYCLE, 2, 20, 32, 1000, 2000});
        encode_leak(to, &(struct wire_leak){scan, WIRE_LEAK_REACHABLE, 1, 0, 0, 4, 40, 64, 1000, 2000});
}

Test(profile, what_a_scan_for_leaks_found_is_kept)
{
        const uint32_t why[] = {WIRE_SCAN_PERIODIC, WIRE_SCAN_EXIT};

        stream_module(&stream, 1, 0x100000, "/bin/example");
        stream_stack(&stream, 1, 1, 0, 0x100010);
        stream_stack(&stream, 1, 2, 0, 0x100020);
        for (uint32_t scan = 1; scan <= 2; scan++) {
                struct encode *to;

                leak_rows(scan);
                to = stream_to(&stream, 1, 1);
                if (scan == 2)
                        encode_walked(to, &(struct wire_walked){.blocks = 8, .bytes = 160, .threads = 1});
                encode_leak_scan(to, &(struct wire_leak_scan){scan,
                                                              why[scan - 1],
                                                              WIRE_SCAN_IN_PLACE,
                                                              3,
                                                              1,
                                                              stream.time_ns + scan,
                                                              10,
                                                              20,
                                                              30,
                                                              40,
                                                              {4, 0, 2, 2},
                                                              {40, 0, 20, 100}});
        }
        store(&(struct store_facts){0});
        expect("SELECT number || ' ' || why || ' ' || flags || ' ' || threads || ' ' || threads_silent FROM leak_scan",
               "2 exit 1 3 1");
        expect("SELECT pause_ns || ' ' || scan_ns || ' ' || root_bytes || ' ' || heap_bytes FROM leak_scan",
               "10 20 30 40");
        expect("SELECT definite_blocks || ' ' || indirect_bytes || ' ' || reachable_bytes FROM leak_scan", "2 20 40");
        expect("SELECT walk || ' ' || scans || ' ' || scans_incomplete || ' ' || pause_max_ns FROM leak_scan",
               "agrees 2 0 10");
        expect("SELECT count(*) FROM leak", "3");
        expect("SELECT scan || ' ' || blocks || ' ' || bytes || ' ' || usable FROM leak WHERE class = 'definite'",
               "2 2 100 112");
        expect("SELECT scans || ' ' || rises || ' ' || base_blocks FROM leak WHERE class = 'definite'", "2 1 1");
        expect("SELECT last_ns - first_ns FROM leak WHERE class = 'definite'", "1000");
        expect("SELECT flags || ' ' || (root = (SELECT stack FROM leak WHERE class = 'definite')) FROM leak "
               "WHERE class = 'indirect'",
               "1 1");
        expect("SELECT scans FROM leak WHERE class = 'reachable'", "NULL");
}

static void walk_without_the_block(uint64_t threads)
{
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.threads = threads});
        encode_alloc(stream_to(&stream, 1, 2), WIRE_MALLOC, 1, 40);
        store(&(struct store_facts){0});
}

Test(profile, a_heap_walked_by_the_only_thread_differs)
{
        walk_without_the_block(1);
        expect("SELECT walk FROM process", "differs");
}

Test(profile, a_heap_that_other_threads_changed_neither_agrees_nor_differs)
{
        walk_without_the_block(2);
        expect("SELECT walk FROM process", "moving");
}

Test(profile, a_scan_that_finds_other_blocks_than_the_walk_differs)
{
        encode_walked(stream_to(&stream, 1, 1), &(struct wire_walked){.blocks = 9, .bytes = 160, .threads = 1});
        encode_leak_scan(stream_to(&stream, 1, 1),
                         &(struct wire_leak_scan){.number = 1, .blocks = {4, 0, 2, 2}, .bytes = {40, 0, 20, 100}});
        store(&(struct store_facts){0});
        expect("SELECT walk FROM leak_scan", "differs");
}

Test(profile, who_points_at_a_block_is_kept_once_for_each_stack)
{
        const struct wire_leak_chain chain = {1,
                                              1,
                                              4,
                                              {{WIRE_LINK_STACK, 77, 0x1000, 0},
                                               {WIRE_LINK_CUT, 0, 0, 0},
                                               {WIRE_LINK_BLOCK, 2, 64, 16},
                                               {WIRE_LINK_BLOCK, 1, 32, 0}}};

        stream_module(&stream, 1, 0x100000, "/bin/example");
        stream_stack(&stream, 1, 1, 0, 0x100010);
        stream_stack(&stream, 1, 2, 0, 0x100020);
        encode_leak_chain(stream_to(&stream, 1, 1), &chain);
        encode_leak_chain(stream_to(&stream, 1, 1), &chain);
        encode_leak_scan(stream_to(&stream, 1, 1), &(struct wire_leak_scan){.number = 1});
        store(&(struct store_facts){0});
        expect("SELECT group_concat(kind, ' ') FROM leak_link", "stack cut block block");
        expect("SELECT tid || ' ' || address FROM leak_link WHERE position = 0", "77 4096");
        expect("SELECT block_bytes || ' ' || offset FROM leak_link WHERE position = 2", "64 16");
        expect("SELECT block_stack = stack FROM leak_link WHERE position = 3", "1");
        expect("SELECT offset FROM leak_link WHERE position = 3", "NULL");
}

Test(profile, what_the_program_suppresses_is_kept)
{
        encode_suppressions(stream_to(&stream, 1, 1), "leak:one\n", 9);
        store(&(struct store_facts){0});
        expect("SELECT process || ' ' || source || ' ' || text FROM suppressions",
               "1 __lsan_default_suppressions leak:one\n");
}
