/* POOLS: what each size class holds and how well it is used. Of the main process, at its end. */
#include "analyzer/analyses/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/resident.h"

enum { DECILES = 10 };

/* The sums over all pools. */
struct totals {
        int64_t requested, held, used, slabs, allocations, refills, remote, created, destroyed;
        int64_t occupied[DECILES];
};

static void add_columns(struct table *table, bool traced)
{
        table_column(table, "kind", "kind", UNIT_TEXT, false);
        table_column(table, "block_bytes", "block", UNIT_BYTES, false);
        table_column(table, "blocks_used", "used", UNIT_COUNT, true);
        table_column(table, "blocks_carved", "carved", UNIT_COUNT, true);
        table_column(table, "occupancy", "occupied", UNIT_RATIO, false);
        table_column(table, "requested", traced ? "requested" : "in use", UNIT_BYTES, true);
        if (traced)
                table_column(table, "rounding", "rounding", UNIT_BYTES, true);
        table_column(table, "free", "free", UNIT_BYTES, true);
        table_column(table, "pending", "pending", UNIT_BYTES, true);
        table_column(table, "slabs", "slabs", UNIT_COUNT, true);
        table_column(table, "slabs_created", "made", UNIT_COUNT, true);
        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
        table_column(table, "hit_rate", "hit rate", UNIT_RATIO, false);
        table_column(table, "frees_remote", "remote", UNIT_COUNT, true);
}

enum {
        KIND,
        BLOCK,
        USED,
        CARVED,
        SLABS,
        HELD,
        BYTES_USED,
        ALLOCATIONS,
        REFILLS,
        REMOTE,
        CREATED,
        DESTROYED,
        REQUESTED,
        ROUNDING,
        FREE,
        PENDING,
        OCCUPIED
};

static struct sqlite3_stmt *pool_rows(const struct evidence *evidence)
{
        if (!evidence->process_count)
                return NULL;
        return profile_query(evidence->profile,
                             "SELECT kind, block_bytes, blocks_used, blocks_carved, slabs, slab_bytes, bytes_used,"
                             " allocations, refills, frees_remote, slabs_created, slabs_destroyed, requested,"
                             " rounding, free, pending, slabs_occupied FROM pool "
                             "WHERE process = ?1 ORDER BY size_class",
                             &evidence->process->id, 1);
}

static void add_up(struct sqlite3_stmt *row, struct totals *totals)
{
        const struct {
                int64_t *sum;
                int column;
        } sum[] = {{&totals->requested, REQUESTED},     {&totals->held, HELD},
                   {&totals->used, BYTES_USED},         {&totals->slabs, SLABS},
                   {&totals->remote, REMOTE},           {&totals->created, CREATED},
                   {&totals->allocations, ALLOCATIONS}, {&totals->refills, REFILLS},
                   {&totals->destroyed, DESTROYED}};
        const char *occupied = row_text(row, OCCUPIED);
        char *end;

        for (size_t i = 0; i < sizeof sum / sizeof *sum; i++)
                *sum[i].sum = saturating_sum(*sum[i].sum, row_integer(row, sum[i].column));
        for (int i = 0; occupied && i < DECILES; i++, occupied = end)
                totals->occupied[i] = saturating_sum(totals->occupied[i], strtol(occupied, &end, 10));
}

static void put_pool(const struct evidence *evidence, struct table *table, struct sqlite3_stmt *row)
{
        int64_t allocations = row_integer(row, ALLOCATIONS);

        table_row(table, NULL);
        table_put_text(table, row_text(row, KIND));
        row_integer(row, BLOCK) ? table_put(table, row_integer(row, BLOCK)) : table_put_unknown(table);
        table_put(table, row_integer(row, USED));
        table_put(table, row_integer(row, CARVED));
        table_put_real(table, share(row_integer(row, USED), row_integer(row, CARVED)));
        table_put(table, row_integer(row, REQUESTED));
        if (evidence->whole)
                table_put(table, row_integer(row, ROUNDING));
        table_put(table, row_integer(row, FREE));
        table_put(table, row_integer(row, PENDING));
        table_put(table, row_integer(row, SLABS));
        table_put(table, row_integer(row, CREATED));
        table_put(table, allocations);
        table_put_real(table, allocations ? 1 - share(row_integer(row, REFILLS), allocations) : NAN);
        table_put(table, row_integer(row, REMOTE));
}

static void tell_efficiency(const struct evidence *evidence, struct table *table, const struct totals *totals)
{
        const struct process *process = evidence->process;
        const char *what = evidence->whole ? "requested" : "in the program's hands";
        int64_t part = evidence->whole ? process->live_bytes : totals->used;
        struct resident resident;

        resident_load(evidence, &resident);
        if (resident.known)
                table_note(table, "efficiency %s = %s %s / %s resident, %s",
                           unit_ratio(share(totals->requested, resident.rss)).text, unit_bytes(totals->requested).text,
                           what, unit_bytes(resident.rss).text, words_at_end(evidence));
        else
                table_note(table, "efficiency %s = %s %s / %s held by slabs, runs and mappings, %s; not measured",
                           unit_ratio(share(part, totals->held)).text, unit_bytes(part).text, what,
                           unit_bytes(totals->held).text, words_at_end(evidence));
}

/* How busy the pools were. */
static void tell_rates(const struct evidence *evidence, struct table *table, const struct totals *totals)
{
        const struct process *process = evidence->process;
        int64_t resizes = saturating_sum(process->resizes_in_place, process->resizes_moved);
        const int64_t *slabs = totals->occupied;

        table_note(table, "slabs by the tenth of their blocks in use, 0-10 %% first: %s %s %s %s %s %s %s %s %s %s",
                   unit_count(slabs[0]).text, unit_count(slabs[1]).text, unit_count(slabs[2]).text,
                   unit_count(slabs[3]).text, unit_count(slabs[4]).text, unit_count(slabs[5]).text,
                   unit_count(slabs[6]).text, unit_count(slabs[7]).text, unit_count(slabs[8]).text,
                   unit_count(slabs[9]).text);
        if (totals->created)
                table_note(table, "slabs made %s and unmade %s: a new one for each %s allocations",
                           unit_count(totals->created).text, unit_count(totals->destroyed).text,
                           unit_count(totals->allocations / totals->created).text);
        if (resizes)
                table_note(table, "reallocs in place: %s of %s",
                           unit_ratio(share(process->resizes_in_place, resizes)).text, unit_count(resizes).text);
        if (evidence->whole && process->frees)
                table_note(table, "remote: freed by another thread than the slab's owner: %s of %s frees",
                           unit_ratio(share(totals->remote, process->frees)).text, unit_count(process->frees).text);
        else
                table_note(table, "remote: freed by another thread than the slab's owner");
        table_note(table, "hit rate: allocations that needed no search for a slab with free blocks");
}

/* For machines: how full the slabs of each class are, and how they came and went. */
struct table *analysis_slabs(const struct evidence *evidence)
{
        static const char *const keys[DECILES] = {"occupied_10", "occupied_20", "occupied_30", "occupied_40",
                                                  "occupied_50", "occupied_60", "occupied_70", "occupied_80",
                                                  "occupied_90", "occupied_100"};
        struct table *table = table_create("slabs", "SLABS");

        table->minor = table->whole = true;
        table_column(table, "block_bytes", "block", UNIT_BYTES, false);
        table_column(table, "slabs_created", "made", UNIT_COUNT, true);
        table_column(table, "slabs_destroyed", "unmade", UNIT_COUNT, true);
        for (int i = 0; i < DECILES; i++)
                table_column(table, keys[i], keys[i], UNIT_COUNT, true);
        for (struct sqlite3_stmt *rows = pool_rows(evidence); profile_next(evidence->profile, rows);) {
                struct totals totals = {.held = 0};

                add_up(rows, &totals);
                if (!row_integer(rows, BLOCK) || (!totals.slabs && !totals.created))
                        continue;
                table_row(table, NULL);
                table_put(table, row_integer(rows, BLOCK));
                table_put(table, totals.created);
                table_put(table, totals.destroyed);
                for (int i = 0; i < DECILES; i++)
                        table_put(table, totals.occupied[i]);
        }
        return table;
}

/* A small size that no slab is left of, and that was hardly ever asked for, is only in the way. */
static bool matters(struct sqlite3_stmt *row, const struct totals *totals)
{
        int64_t allocations = row_integer(row, ALLOCATIONS);
        const char *kind = row_text(row, KIND);
        bool small = kind && strcmp(kind, "small") == 0;

        return row_integer(row, SLABS) || (allocations && (!small || allocations >= totals->allocations / 1000));
}

static void put_pools(const struct evidence *evidence, struct table *table, const struct totals *totals)
{
        int64_t sizes = 0, allocations = 0;

        for (struct sqlite3_stmt *rows = pool_rows(evidence); profile_next(evidence->profile, rows);) {
                if (matters(rows, totals)) {
                        put_pool(evidence, table, rows);
                        continue;
                }
                sizes += row_integer(rows, ALLOCATIONS) != 0;
                allocations = saturating_sum(allocations, row_integer(rows, ALLOCATIONS));
        }
        if (sizes)
                table_note(table, "left out: %s size%s with no slab any more and %s allocation%s in all",
                           unit_count(sizes).text, plural(sizes), unit_count(allocations).text, plural(allocations));
}

struct table *analysis_pools(const struct evidence *evidence)
{
        struct table *table = table_create("pools", "POOLS");
        struct totals totals = {.held = 0};
        bool told = false, used = false;

        table->whole = true;
        add_columns(table, evidence->whole);
        for (struct sqlite3_stmt *rows = pool_rows(evidence); profile_next(evidence->profile, rows);) {
                told = true;
                used |= row_integer(rows, SLABS) || row_integer(rows, ALLOCATIONS);
                add_up(rows, &totals);
        }
        if (used) {
                tell_efficiency(evidence, table, &totals);
                tell_rates(evidence, table, &totals);
                put_pools(evidence, table, &totals);
        } else {
                table_note(table, told ? "the pools were never used"
                                       : "the pools did not tell: the program ended without last words");
        }
        if (evidence->process_count)
                purging_tell(evidence, table);
        return table;
}
