/* RESIDENT: what the kernel counts as the memory of the main process at its end, part by part. Each part was measured,
 * so they need not add up: the last row says by how much they do not. */
#include "analyzer/analyses/resident.h"

void resident_load(const struct evidence *evidence, struct resident *ret_resident)
{
        struct sqlite3_stmt *rows = NULL;

        *ret_resident = (struct resident){.known = false};
        if (evidence->process_count)
                rows = profile_query(
                        evidence->profile,
                        "SELECT rss, coalesce(sum(requested), 0), coalesce(sum(rounding), 0), coalesce(sum(free), 0),"
                        " coalesce(sum(pending), 0), retained, metadata, side, recorder, shared, library, files, stack,"
                        " anonymous, coalesce(sum(untouched), 0), purged FROM resident"
                        " LEFT JOIN pool USING (process) WHERE process = ?1 GROUP BY process",
                        &evidence->process->id, 1);
        while (profile_next(evidence->profile, rows)) {
                struct resident *resident = ret_resident;

                resident->known = true;
                resident->rss = resident->unexplained = row_integer(rows, 0);
                for (int i = 0; i < RESIDENT_PARTS; i++) {
                        resident->part[i] = row_integer(rows, 1 + i);
                        resident->unexplained = saturating_sum(resident->unexplained, -resident->part[i]);
                }
                resident->untouched = row_integer(rows, 1 + RESIDENT_PARTS);
                resident->purged = row_integer(rows, 2 + RESIDENT_PARTS);
        }
}

int64_t resident_sum(const struct resident *resident, enum resident_part first, enum resident_part last)
{
        int64_t sum = 0;

        for (int i = (int)first; i <= (int)last; i++)
                sum = saturating_sum(sum, resident->part[i]);
        return sum;
}

static void put_row(struct table *table, const char *part, int64_t bytes, int64_t rss)
{
        table_row(table, NULL);
        table_put_text(table, part);
        table_put(table, bytes);
        table_put_real(table, share(bytes, rss));
}

struct table *analysis_resident(const struct evidence *evidence)
{
        const char *const names[RESIDENT_PARTS] = {
                [RESIDENT_REQUESTED] = evidence->whole ? "requested" : "in the program's hands",
                [RESIDENT_ROUNDING] = "rounding",
                [RESIDENT_FREE] = "free in slabs",
                [RESIDENT_PENDING] = "remote pending",
                [RESIDENT_RETAINED] = "retained",
                [RESIDENT_METADATA] = "metadata of the pools",
                [RESIDENT_SIDE] = "side records",
                [RESIDENT_RECORDER] = "recorder",
                [RESIDENT_SHARED] = "shared with the analyzer",
                [RESIDENT_LIBRARY] = "libheaptap.so",
                [RESIDENT_FILES] = "program: files",
                [RESIDENT_STACK] = "program: main stack",
                [RESIDENT_ANONYMOUS] = "program: other mappings",
        };
        struct table *table;
        struct resident resident;

        resident_load(evidence, &resident);
        if (!resident.known)
                return NULL;
        table = table_create("resident", "RESIDENT");
        table->whole = true;
        table_column(table, "part", "part", UNIT_TEXT, false);
        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "share", "share", UNIT_RATIO, false);
        table_note(table, "%s %s, as the kernel counts; each part is measured", unit_bytes(resident.rss).text,
                   words_at_end(evidence));
        table_note(table, "not resident: %s requested and never touched, %s of the pools never used or purged",
                   unit_bytes(resident.untouched).text, unit_bytes(resident.purged).text);
        for (int i = 0; i < RESIDENT_PARTS; i++)
                put_row(table, names[i], resident.part[i], resident.rss);
        put_row(table, "unexplained", resident.unexplained, resident.rss);
        return table;
}
