/* How far off the estimates of a sample may be.
 *
 * What was taken is a Poisson sample, so an estimate e of variance v is about as uncertain as a count of n = e^2 / v
 * is, times e / n. The interval of a count is Wilson's for Poisson counts (E. B. Wilson, JASA 22, 1927; as n + z^2/2 -+
 * z sqrt(n + z^2/4) for them), which holds for a single block too, where the normal one would reach below zero. */
#ifndef ANALYZER_ANALYSES_SAMPLING_H
#define ANALYZER_ANALYSES_SAMPLING_H

#include "analyzer/analyses/analysis.h"

/* In which the truth lies with 95 %. */
struct interval {
        int64_t low, high;
};

/* Of an estimate of bytes, with its spread as in table site_sample; and of a count, with its variance. */
struct interval sampling_bytes(const struct evidence *evidence, int64_t bytes, int64_t spread);
struct interval sampling_count(const struct evidence *evidence, int64_t count, int64_t variance);

/* Two columns, and what stands in them; nothing if there is no sample. Keys are literals: "live_bytes_low". */
void sampling_columns(const struct evidence *evidence, struct table *table, const char *key_low, const char *key_high,
                      enum unit unit);
void sampling_put(const struct evidence *evidence, struct table *table, struct interval interval);

/* A line of the summary, and its facts. */
void sampling_tell(const struct evidence *evidence, struct table *table);

#endif
