/* PEAK: who held memory when the process held the most. */
#include "analyzer/analyses/sampling.h"

struct table *analysis_peak(const struct evidence *evidence)
{
        struct table *table = table_create("peak", "PEAK");
        const struct places *places = &evidence->places;

        table_column(table, "peak_bytes", "bytes", UNIT_BYTES, true);
        sampling_columns(evidence, table, "peak_bytes_low", "peak_bytes_high", UNIT_BYTES);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "peak_blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
        table_limit(table, "peak_bytes", evidence->options.rows);
        for (size_t i = 0; i < places->place_count; i++) {
                const struct place *place = &places->place[i];

                if (place->sums.peak_blocks == 0 && place->sums.peak_bytes == 0)
                        continue;
                table_row(table, place->stack);
                table_put(table, place->sums.peak_bytes);
                sampling_put(evidence, table,
                             sampling_bytes(evidence, place->sums.peak_bytes, place->sums.peak_spread));
                table_put_real(table, share(place->sums.peak_bytes, places->all.peak_bytes));
                table_put(table, place->sums.peak_blocks);
                table_put(table, place->sums.allocations);
        }
        table_sort(table, "peak_bytes");

        if (evidence->process_count > 1)
                table_note(table, "%s held by %zu processes, each at its own peak",
                           unit_bytes(places->all.peak_bytes).text, evidence->process_count);
        else if (evidence->process_count)
                table_note(table, "%s held at %s", unit_bytes(places->all.peak_bytes).text,
                           unit_time(evidence->process->peak_ns).text);
        return table;
}
