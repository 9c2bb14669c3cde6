/* POOLS: what each size class holds and how well it is used. Of the main process, at its end. */
#include "analyzer/analyses/analysis.h"

#include <math.h>

/* Rounding of live blocks. A size class does not know what was requested, but a site does; a site whose blocks are all
 * of one class can be charged to it. */
static int64_t class_rounding(const struct evidence *evidence, int64_t block_bytes, int64_t smaller_bytes)
{
        int64_t rounding = 0;

        for (size_t i = 0; block_bytes > 0 && i < evidence->places.site_count; i++) {
                const struct site *site = &evidence->places.site[i];
                const struct sums *sums = &site->sums;

                if (site->process != evidence->process->id || sums->live_blocks <= 0)
                        continue;
                if (site->size_max <= block_bytes && site->size_min > smaller_bytes &&
                    (double)sums->live_usable == (double)sums->live_blocks * (double)block_bytes)
                        rounding = saturating_sum(rounding, sums->live_usable - sums->live_bytes);
        }
        return rounding;
}

static void add_columns(struct table *table, bool traced)
{
        table_column(table, "kind", "kind", UNIT_TEXT, false);
        table_column(table, "block_bytes", "block", UNIT_BYTES, false);
        table_column(table, "blocks_used", "used", UNIT_COUNT, true);
        table_column(table, "blocks_carved", "carved", UNIT_COUNT, true);
        table_column(table, "occupancy", "occupied", UNIT_RATIO, false);
        if (traced)
                table_column(table, "rounding", "rounding", UNIT_BYTES, true);
        table_column(table, "slabs", "slabs", UNIT_COUNT, true);
        table_column(table, "slab_bytes", "held", UNIT_BYTES, true);
        table_column(table, "blocks_cached", "cached", UNIT_COUNT, true);
        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
        table_column(table, "hit_rate", "hit rate", UNIT_RATIO, false);
        table_column(table, "frees_remote", "remote", UNIT_COUNT, true);
}

static void tell(const struct evidence *evidence, struct table *table, int64_t held, int64_t used)
{
        const struct process *process = evidence->process;

        if (evidence->traced)
                table_note(table, "efficiency %s = %s requested and alive / %s held by slabs, runs and mappings, %s",
                           unit_ratio(share(process->live_bytes, held)).text, unit_bytes(process->live_bytes).text,
                           unit_bytes(held).text, words_at_end(evidence));
        else
                table_note(table, "efficiency %s = %s in the program's hands / %s held by slabs, runs and mappings, %s",
                           unit_ratio(share(used, held)).text, unit_bytes(used).text, unit_bytes(held).text,
                           words_at_end(evidence));
        table_note(table,
                   "hit rate: allocations that did not leave the fast path; remote: freed by another thread than "
                   "the slab's owner");
}

struct table *analysis_pools(const struct evidence *evidence)
{
        struct table *table = table_create("pools", "POOLS");
        int64_t held = 0, used = 0, smaller = -1;
        struct sqlite3_stmt *rows = NULL;
        bool told = false;

        table->whole = true;
        add_columns(table, evidence->traced);
        if (evidence->process_count)
                rows = profile_query(evidence->profile,
                                     "SELECT kind, block_bytes, blocks_used, blocks_carved, slabs, slab_bytes,"
                                     " blocks_cached, allocations, refills, frees_remote, bytes_used FROM pool "
                                     "WHERE process = ?1 ORDER BY size_class",
                                     &evidence->process->id, 1);
        while (profile_next(evidence->profile, rows)) {
                int64_t block = row_integer(rows, 1), allocations = row_integer(rows, 7);

                told = true;
                held = saturating_sum(held, row_integer(rows, 5));
                used = saturating_sum(used, row_integer(rows, 10));
                if (row_integer(rows, 4) || allocations) {
                        table_row(table, NULL);
                        table_put_text(table, row_text(rows, 0));
                        block ? table_put(table, block) : table_put_unknown(table);
                        table_put(table, row_integer(rows, 2));
                        table_put(table, row_integer(rows, 3));
                        table_put_real(table, share(row_integer(rows, 2), row_integer(rows, 3)));
                        if (evidence->traced)
                                table_put(table, class_rounding(evidence, block, smaller));
                        table_put(table, row_integer(rows, 4));
                        table_put(table, row_integer(rows, 5));
                        table_put(table, row_integer(rows, 6));
                        table_put(table, allocations);
                        table_put_real(table, allocations ? 1 - share(row_integer(rows, 8), allocations) : NAN);
                        table_put(table, row_integer(rows, 9));
                }
                smaller = block;
        }
        if (table->row_count) {
                tell(evidence, table, held, used);
                purging_tell(evidence, table);
        } else {
                table_note(table, told ? "the pools were never used"
                                       : "the pools did not tell: the program ended without last words");
        }
        return table;
}
