/* WASTE: bytes that the pools hold beyond what was asked for, by who asked: rounding up to block sizes, and what is
 * empty in slabs that a few blocks keep from being given back. */
#include "analyzer/analyses/analysis.h"

#include <stdio.h>
#include <string.h>

/* What is empty in small slabs, of all processes. */
struct empty {
        int64_t sparse_slabs, pinned, filling, dense, unpinned;
        bool known; /* the main process has walked its heap */
};

static struct empty empty_sum(const struct evidence *evidence)
{
        const char *walk = evidence->process_count ? evidence->process[0].walk : "";
        struct empty sum = {.known = *walk && strcmp(walk, "none") != 0};

        for (size_t i = 0; i < evidence->process_count; i++) {
                const struct process *process = &evidence->process[i];

                sum.sparse_slabs = saturating_sum(sum.sparse_slabs, process->sparse_slabs);
                sum.pinned = saturating_sum(sum.pinned, process->empty_pinned);
                sum.filling = saturating_sum(sum.filling, process->empty_filling);
                sum.dense = saturating_sum(sum.dense, process->empty_dense);
                sum.unpinned = saturating_sum(sum.unpinned, process->empty_unpinned);
        }
        return sum;
}

/* Rounding counts where it was most, of the two moments that are known. */
static int64_t rounding(const struct sums *sums)
{
        int64_t peak = sums->peak_usable - sums->peak_bytes, live = sums->live_usable - sums->live_bytes;

        return peak > live ? peak : live;
}

static bool wastes(const struct sums *sums)
{
        return sums->pinned_bytes > 0 || rounding(sums) > 0 || sums->allocated_usable > sums->requested;
}

static void add_columns(struct table *table)
{
        table_column(table, "wasted", "wasted", UNIT_BYTES, true);
        table_column(table, "pinned_bytes", "pinned", UNIT_BYTES, true);
        table_column(table, "pinned_slabs", "slabs", UNIT_COUNT, false);
        table_column(table, "pinning_blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "peak_rounding", "rounding at peak", UNIT_BYTES, true);
        table_column(table, "peak_rounding_share", "of usable", UNIT_RATIO, false);
        table_column(table, "live_rounding", "at the end", UNIT_BYTES, true);
        table_column(table, "allocated_rounding", "in all", UNIT_BYTES, true);
        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
}

static void add_row(struct table *table, const struct place *place)
{
        const struct sums *sums = &place->sums;

        table_row(table, place->stack);
        table_put(table, saturating_sum(sums->pinned_bytes, rounding(sums)));
        table_put(table, sums->pinned_bytes);
        table_put(table, sums->pinned_slabs);
        table_put(table, sums->pinning_blocks);
        table_put(table, sums->peak_usable - sums->peak_bytes);
        table_put_real(table, share(sums->peak_usable - sums->peak_bytes, sums->peak_usable));
        table_put(table, sums->live_usable - sums->live_bytes);
        table_put(table, sums->allocated_usable - sums->requested);
        table_put(table, sums->allocations);
}

static void tell_pinned(const struct evidence *evidence, struct table *table)
{
        const struct sums *all = &evidence->places.all;

        if (all->pinned_bytes > 0)
                table_note(
                        table,
                        "%s could be given back but for %s block%s in slabs less than half full, %s%s: they pin what "
                        "is empty there",
                        unit_bytes(all->pinned_bytes).text, unit_count(all->pinning_blocks).text,
                        plural(all->pinning_blocks), words_at_end(evidence), words_over(evidence));
        else
                table_note(table, "no block keeps free memory from being given back, %s%s", words_at_end(evidence),
                           words_over(evidence));
}

/* All that is free in small slabs, so that who adds it up finds what POOLS says. */
static void tell_empty(const struct empty *empty, struct table *table)
{
        const struct {
                int64_t bytes;
                const char *where;
        } part[] = {
                {empty->pinned, empty->sparse_slabs == 1 ? "in one that is sparse" : "in those that are sparse"},
                {empty->filling, "in those that threads allocate from next"},
                {empty->dense, "in those at least half full"},
                {empty->unpinned, "in those without blocks of the program"},
        };
        char text[256] = "";
        size_t length = 0;

        for (size_t i = 0; i < sizeof part / sizeof *part; i++)
                if (part[i].bytes)
                        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s %s", length ? ", " : "",
                                                   unit_bytes(part[i].bytes).text, part[i].where);
        if (length)
                table_note(table, "empty in slabs: %s", text);
}

static void tell_rounding(const struct evidence *evidence, struct table *table)
{
        const struct sums *all = &evidence->places.all;

        table_note(table, "rounding up to block sizes: %s at the peak (%s), %s %s, %s in all",
                   unit_bytes(all->peak_usable - all->peak_bytes).text,
                   unit_ratio(share(all->peak_usable - all->peak_bytes, all->peak_usable)).text,
                   unit_bytes(all->live_usable - all->live_bytes).text, words_at_end(evidence),
                   unit_bytes(all->allocated_usable - all->requested).text);
}

struct table *analysis_waste(const struct evidence *evidence)
{
        struct table *table = table_create("waste", "WASTE");
        const struct places *places = &evidence->places;
        struct empty empty = empty_sum(evidence);

        add_columns(table);
        table_limit(table, "wasted", evidence->options.rows);
        for (size_t i = 0; i < places->place_count; i++)
                if (wastes(&places->place[i].sums))
                        add_row(table, &places->place[i]);
        table_sort(table, "wasted");
        if (evidence->sample_rate)
                table_note(table, "who pins free memory is not told by a sample");
        else if (empty.known)
                tell_pinned(evidence, table);
        else
                table_note(table, "who pins free memory is not known: the program ended without last words");
        tell_empty(&empty, table);
        tell_rounding(evidence, table);
        return table;
}
