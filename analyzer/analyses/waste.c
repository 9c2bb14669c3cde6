/* WASTE: bytes that the pools had to give beyond what was asked for, by who asked. */
#include "analyzer/analyses/analysis.h"

struct table *analysis_waste(const struct evidence *evidence)
{
        struct table *table = table_create("waste", "WASTE");
        const struct places *places = &evidence->places;
        const struct sums *all = &places->all;

        table_column(table, "peak_rounding", "rounding at peak", UNIT_BYTES, true);
        table_column(table, "peak_rounding_share", "of usable", UNIT_RATIO, false);
        table_column(table, "live_rounding", "at the end", UNIT_BYTES, true);
        table_column(table, "allocated_rounding", "in all", UNIT_BYTES, true);
        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
        for (size_t i = 0; i < places->place_count; i++) {
                const struct sums *sums = &places->place[i].sums;

                if (sums->allocated_usable <= sums->requested && sums->peak_usable <= sums->peak_bytes &&
                    sums->live_usable <= sums->live_bytes)
                        continue;
                table_row(table, places->place[i].stack);
                table_put(table, sums->peak_usable - sums->peak_bytes);
                table_put_real(table, share(sums->peak_usable - sums->peak_bytes, sums->peak_usable));
                table_put(table, sums->live_usable - sums->live_bytes);
                table_put(table, sums->allocated_usable - sums->requested);
                table_put(table, sums->allocations);
        }
        table_sort(table, "peak_rounding");

        table_note(table, "rounding up to block sizes: %s at the peak (%s), %s %s, %s in all",
                   unit_bytes(all->peak_usable - all->peak_bytes).text,
                   unit_ratio(share(all->peak_usable - all->peak_bytes, all->peak_usable)).text,
                   unit_bytes(all->live_usable - all->live_bytes).text, words_at_end(evidence),
                   unit_bytes(all->allocated_usable - all->requested).text);
        return table;
}
