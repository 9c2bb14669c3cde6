/* PURGING, the history of POOLS: what free memory went back to the kernel, and how much might stay, from change to
 * change. Of the main process. */
#include "analyzer/analyses/analysis.h"

#include <inttypes.h>
#include <string.h>

#define SUMS "coalesce(sum(purges), 0), coalesce(sum(bytes), 0), coalesce(sum(ns), 0), coalesce(sum(refaulted), 0)"

void purging_tell(const struct evidence *evidence, struct table *pools)
{
        struct sqlite3_stmt *rows = profile_query(evidence->profile, "SELECT " SUMS " FROM purge WHERE process = ?1",
                                                  &evidence->process->id, 1);

        while (profile_next(evidence->profile, rows))
                if (row_integer(rows, 0))
                        table_note(pools,
                                   "given back to the kernel: %s in %s purge%s, which took %s; %s of it was needed "
                                   "again within a second",
                                   unit_bytes(row_integer(rows, 1)).text, unit_count(row_integer(rows, 0)).text,
                                   plural(row_integer(rows, 0)), unit_time(row_integer(rows, 2)).text,
                                   unit_bytes(row_integer(rows, 3)).text);
}

static void tell_reasons(const struct evidence *evidence, struct table *table)
{
        static const char *const words[][2] = {
                {"decay", "free for long enough"},
                {"excess", "more than may stay"},
                {"pressure", "memory was short"},
                {"trim", "malloc_trim"},
                {"exhausted", "there was no address space"},
        };
        struct sqlite3_stmt *rows = profile_query(
                evidence->profile, "SELECT why, " SUMS " FROM purge WHERE process = ?1 GROUP BY why ORDER BY 3 DESC, 1",
                &evidence->process->id, 1);

        while (profile_next(evidence->profile, rows)) {
                const char *why = row_text(rows, 0), *word = "other";

                for (size_t i = 0; why && i < sizeof words / sizeof *words; i++)
                        if (strcmp(why, words[i][0]) == 0)
                                word = words[i][1];
                table_note(table, "%s: %s in %s purge%s, %s", word, unit_bytes(row_integer(rows, 2)).text,
                           unit_count(row_integer(rows, 1)).text, plural(row_integer(rows, 1)),
                           unit_time(row_integer(rows, 3)).text);
        }
}

static void add_columns(struct table *table)
{
        table_column(table, "time_ns", "since", UNIT_NS, false);
        table_column(table, "why", "limits", UNIT_TEXT, false);
        table_column(table, "source", "because of", UNIT_TEXT, false);
        table_column(table, "used_share", "used", UNIT_RATIO, false);
        table_column(table, "memory_limit", "of", UNIT_BYTES, false);
        table_column(table, "stalled", "stalled", UNIT_RATIO, false);
        table_column(table, "retain", "may stay", UNIT_BYTES, false);
        table_column(table, "most", "at most", UNIT_BYTES, false);
        table_column(table, "decay_ns", "for", UNIT_NS, false);
        table_column(table, "purges", "purges", UNIT_COUNT, true);
        table_column(table, "bytes", "given back", UNIT_BYTES, true);
        table_column(table, "ns", "took", UNIT_NS, true);
        table_column(table, "refaulted", "needed again", UNIT_BYTES, true);
}

static void put_period(struct table *table, struct sqlite3_stmt *rows)
{
        const char *source = row_text(rows, 2);

        table_row(table, NULL);
        table_put(table, row_integer(rows, 0));
        table_put_text(table, row_text(rows, 1));
        if (source && strcmp(source, "none") != 0)
                table_put_text(table, source);
        else
                table_put_unknown(table);
        if (row_integer(rows, 4) > 0) {
                table_put_real(table, share(row_integer(rows, 3), row_integer(rows, 4)));
                table_put(table, row_integer(rows, 4));
        } else {
                table_put_unknown(table);
                table_put_unknown(table);
        }
        table_put_real(table, (double)row_integer(rows, 5) / 10000);
        table_put(table, row_integer(rows, 6));
        table_put(table, row_integer(rows, 7));
        table_put(table, row_integer(rows, 8) < INT64_MAX / 1000000 ? row_integer(rows, 8) * 1000000 : INT64_MAX);
        for (int column = 9; column < 13; column++)
                table_put(table, row_integer(rows, column));
}

struct table *analysis_purging(const struct evidence *evidence)
{
        struct table *table = table_create("purging", "PURGING");
        struct sqlite3_stmt *rows;

        add_columns(table);
        rows = profile_query(
                evidence->profile,
                "SELECT time_ns, l.why, source, used, memory_limit, CAST(stalled * 10000 AS INTEGER), retain, most, "
                "decay_ms, " SUMS
                " FROM purge_limit AS l LEFT JOIN purge AS p ON p.process = l.process AND p.place = l.place"
                " WHERE l.process = ?1 GROUP BY l.place ORDER BY l.place",
                &evidence->process->id, 1);
        while (profile_next(evidence->profile, rows))
                put_period(table, rows);
        if (!table->row_count) {
                table_destroy(table);
                return NULL;
        }
        table->minor = table->row_count == 1; /* the line in POOLS says enough */
        tell_reasons(evidence, table);
        return table;
}
