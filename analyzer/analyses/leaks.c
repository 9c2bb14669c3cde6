/* LEAKS: what is alive at the end, by who allocated it. Whether anything still points to it is not computed. */
#include "analyzer/analyses/sampling.h"

struct table *analysis_leaks(const struct evidence *evidence)
{
        struct table *table = table_create("leaks", "LEAKS");
        const struct places *places = &evidence->places;

        table_column(table, "live_bytes", "bytes", UNIT_BYTES, true);
        sampling_columns(evidence, table, "live_bytes_low", "live_bytes_high", UNIT_BYTES);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "live_blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "first_ns", "first allocated", UNIT_NS, false);
        table_column(table, "last_ns", "last allocated", UNIT_NS, false);
        table_limit(table, "live_bytes", evidence->options.rows);
        for (size_t i = 0; i < places->place_count; i++) {
                const struct place *place = &places->place[i];

                if (place->sums.live_blocks == 0 && place->sums.live_bytes == 0)
                        continue;
                table_row(table, place->stack);
                table_put(table, place->sums.live_bytes);
                sampling_put(evidence, table,
                             sampling_bytes(evidence, place->sums.live_bytes, place->sums.live_spread));
                table_put_real(table, share(place->sums.live_bytes, places->all.live_bytes));
                table_put(table, place->sums.live_blocks);
                place->first_ns < 0 ? table_put_unknown(table) : table_put(table, place->first_ns);
                place->first_ns < 0 ? table_put_unknown(table) : table_put(table, place->last_ns);
        }
        table_sort(table, "live_bytes");

        if (table->row_count == 0)
                table_note(table, "nothing was alive %s%s", words_at_end(evidence), words_over(evidence));
        else
                table_note(table, "%s in %s block%s alive %s%s, not proven unreachable",
                           unit_bytes(places->all.live_bytes).text, unit_count(places->all.live_blocks).text,
                           plural(places->all.live_blocks), words_at_end(evidence), words_over(evidence));
        return table;
}
