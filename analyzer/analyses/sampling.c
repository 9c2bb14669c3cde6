/* Intervals, and the words about them. */
#include "analyzer/analyses/sampling.h"

#include <math.h>

static struct interval interval_of(int64_t estimate, double variance)
{
        const double z = 1.96;
        double e = (double)estimate, n, half;

        if (estimate <= 0 || !(variance > 0))
                return (struct interval){estimate, estimate};
        n = e * e / variance;
        half = z * sqrt(n + z * z / 4);
        return (struct interval){
                .low = (int64_t)fmax(e / n * (n + z * z / 2 - half), 0),
                .high = (int64_t)fmin(ceil(e / n * (n + z * z / 2 + half)), 1e18),
        };
}

struct interval sampling_bytes(const struct evidence *evidence, int64_t bytes, int64_t spread)
{
        double unit = (double)evidence->sample_rate / 1024;

        return interval_of(bytes, (double)spread * unit * unit);
}

struct interval sampling_count(const struct evidence *evidence, int64_t count, int64_t variance)
{
        return interval_of(count, evidence->sample_rate ? (double)variance : 0);
}

void sampling_columns(const struct evidence *evidence, struct table *table, const char *key_low, const char *key_high,
                      enum unit unit)
{
        if (!evidence->sample_rate)
                return;
        table_column(table, key_low, "at least", unit, false);
        table_column(table, key_high, "at most", unit, false);
}

void sampling_put(const struct evidence *evidence, struct table *table, struct interval interval)
{
        if (!evidence->sample_rate)
                return;
        table_put(table, interval.low);
        table_put(table, interval.high);
}

/* A place that requests three times the rate stays unseen with the probability exp(-3), 5 %. */
void sampling_tell(const struct evidence *evidence, struct table *table)
{
        const struct sums *sums = &evidence->places.main;
        struct interval requested = sampling_bytes(evidence, sums->requested, sums->requested_spread);
        struct interval live = sampling_bytes(evidence, sums->live_bytes, sums->live_spread);
        int64_t unseen = 3 * evidence->sample_rate;

        if (!evidence->sample_rate)
                return;
        if (live.high < unseen)
                live.high = unseen;
        table_fact(table, "sample_rate", UNIT_BYTES, evidence->sample_rate);
        table_fact(table, "sample_taken", UNIT_COUNT, sums->taken);
        table_fact(table, "requested_low", UNIT_BYTES, requested.low);
        table_fact(table, "requested_high", UNIT_BYTES, requested.high);
        table_fact(table, "live_bytes_low", UNIT_BYTES, live.low);
        table_fact(table, "live_bytes_high", UNIT_BYTES, live.high);
        table_fact(table, "unseen_bytes_high", UNIT_BYTES, unseen);
        table_line(table, "sample", "figures of blocks are estimates: one byte in %s was sampled, %s block%s in all",
                   unit_bytes(evidence->sample_rate).text, unit_count(sums->taken).text, plural(sums->taken));
        table_line(table, "95 %",
                   "requested %s to %s · %s %s to %s · a place that is missing here requested at most %s",
                   unit_bytes(requested.low).text, unit_bytes(requested.high).text, words_at_end(evidence),
                   unit_bytes(live.low).text, unit_bytes(live.high).text, unit_bytes(unseen).text);
}
