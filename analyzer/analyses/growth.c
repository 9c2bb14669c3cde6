/* GROWTH: places whose live bytes really rise. trend.h tells how that is judged. */
#include "analyzer/analyses/analysis.h"

static const char *pace_word(double pace)
{
        if (pace < 0.67)
                return "slowing";
        return pace > 1.5 ? "quickening" : "steady";
}

static void tell(const struct evidence *evidence, struct table *table)
{
        const struct growth *growth = &evidence->growth;

        if (!growth->measured) {
                table_note(table, "the run is too short to tell");
                return;
        }
        if (growth->count == 0) {
                table_note(table, "no %s grows", words_place(evidence));
                return;
        }
        table_note(table,
                   "median slope of the floor (Theil-Sen, 95 %% interval), the first quarter of the run left out");
        if (growth->limit_seconds > 0)
                table_note(table, "the limit of %s would be reached in %s (95 %%: %s to %s)",
                           unit_bytes(evidence->process->memory_limit).text, unit_forecast(growth->limit_seconds).text,
                           unit_forecast(growth->limit_seconds_low).text,
                           unit_forecast(growth->limit_seconds_high).text);
}

struct table *analysis_growth(const struct evidence *evidence)
{
        struct table *table = table_create("growth", "GROWTH");
        const struct growth *growth = &evidence->growth;
        bool several = evidence->process_count > 1;

        table_column(table, "rate", "grows by", UNIT_BYTES_PER_SECOND, true);
        table_column(table, "rate_low", "at least", UNIT_BYTES_PER_SECOND, false);
        table_column(table, "rate_high", "at most", UNIT_BYTES_PER_SECOND, false);
        table_column(table, "share", "share", UNIT_RATIO, true);
        table_column(table, "live_bytes", "alive", UNIT_BYTES, true);
        table_column(table, "pace", "pace", UNIT_TEXT, false);
        if (several)
                table_column(table, "pid", "pid", UNIT_ID, false);
        for (size_t i = 0; i < growth->count; i++) {
                const struct growing *growing = &growth->growing[i];

                table_row(table, evidence->places.place[growing->place].stack);
                table_put_real(table, growing->rate);
                table_put_real(table, growing->low);
                table_put_real(table, growing->high);
                table_put_real(table, growth->rate > 0 ? growing->rate / growth->rate : 0);
                table_put(table, growing->live_bytes);
                table_put_text(table, pace_word(growing->pace));
                if (several)
                        table_put(table, growing->process->pid);
        }
        table_sort(table, "rate");
        tell(evidence, table);
        return table;
}
