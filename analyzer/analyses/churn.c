/* CHURN: who allocates most often, and for how little time. */
#include "analyzer/analyses/sampling.h"

struct table *analysis_churn(const struct evidence *evidence)
{
        bool temporary = evidence->options.what == WHAT_TEMPORARY;
        struct table *table = table_create("churn", "CHURN");
        const struct places *places = &evidence->places;

        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
        sampling_columns(evidence, table, "allocations_low", "allocations_high", UNIT_COUNT);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "temporary", "temporary", UNIT_COUNT, true);
        table_column(table, "temporary_share", "of them", UNIT_RATIO, false);
        table_column(table, "short_lived", "short-lived", UNIT_COUNT, true);
        table_column(table, "short_lived_share", "of them", UNIT_RATIO, false);
        table_column(table, "resizes", "resizes", UNIT_COUNT, true);
        table_column(table, "requested", "requested", UNIT_BYTES, true);
        table_limit(table, temporary ? "temporary" : "allocations", evidence->options.rows);
        for (size_t i = 0; i < places->place_count; i++) {
                const struct sums *sums = &places->place[i].sums;

                if (temporary ? sums->temporary == 0 : sums->allocations == 0 && sums->resizes == 0)
                        continue;
                table_row(table, places->place[i].stack);
                table_put(table, sums->allocations);
                sampling_put(evidence, table, sampling_count(evidence, sums->allocations, sums->allocations_variance));
                table_put_real(table, share(sums->allocations, places->all.allocations));
                table_put(table, sums->temporary);
                table_put_real(table, share(sums->temporary, sums->allocations));
                table_put(table, sums->short_lived);
                table_put_real(table, share(sums->short_lived, sums->allocations));
                table_put(table, sums->resizes);
                table_put(table, sums->requested);
        }
        table_sort(table, temporary ? "temporary" : "allocations");

        table_note(table, "%s allocation%s%s", unit_count(places->all.allocations).text,
                   plural(places->all.allocations), words_over(evidence));
        table_note(table,
                   "temporary: freed before the thread's next allocation (%s); short-lived: freed within 1 ms (%s)",
                   unit_ratio(share(places->all.temporary, places->all.allocations)).text,
                   unit_ratio(share(places->all.short_lived, places->all.allocations)).text);
        return table;
}
