/* Sorted arrays. Events come nearly in order of time, so a search from the end is short. */
#include "analyzer/model/series.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

/* `more` is later than `bin`. */
static void bin_add(struct bin *bin, const struct bin *more)
{
        int64_t later = (int64_t)(bin->requested - bin->freed + (uint64_t)more->rise);

        if (later > bin->rise)
                bin->rise = later;
        bin->allocations += more->allocations;
        bin->frees += more->frees;
        bin->requested += more->requested;
        bin->freed += more->freed;
        if (more->bytes_max > bin->bytes_max)
                bin->bytes_max = more->bytes_max;
        if (more->rss_bytes > bin->rss_bytes)
                bin->rss_bytes = more->rss_bytes;
}

void series_catch_up(struct series *series, const struct clock *clock)
{
        unsigned shift = clock->doublings - series->doublings;
        size_t kept = 0;

        series->doublings = clock->doublings;
        if (shift == 0)
                return;
        series->current = NULL;
        for (size_t i = 0; i < series->count; i++) {
                struct bin *bin = &series->bin[i];

                bin->number >>= shift;
                if (kept && series->bin[kept - 1].number == bin->number)
                        bin_add(&series->bin[kept - 1], bin);
                else
                        series->bin[kept++] = *bin;
        }
        series->count = kept;
}

struct bin *series_find(struct series *series, const struct clock *clock, int64_t number)
{
        size_t at;

        series_catch_up(series, clock);
        for (at = series->count; at > 0 && series->bin[at - 1].number >= number; at--)
                if (series->bin[at - 1].number == number)
                        return series->current = &series->bin[at - 1];
        series->bin = xgrow(series->bin, series->count, &series->room, sizeof *series->bin);
        memmove(&series->bin[at + 1], &series->bin[at], (series->count - at) * sizeof *series->bin);
        series->count++;
        series->bin[at] = (struct bin){.number = number, .bytes_max = INT64_MIN};
        return series->current = &series->bin[at];
}

void series_free(struct series *series)
{
        free(series->bin);
        *series = (struct series){0};
}
