/* What happened in each time bin of a process. Sparse: only bins in which something happened. Those of sites are in
 * site.h. */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/model/clock.h"

struct bin {
        int64_t number;
        uint64_t allocations, frees; /* without resizes */
        uint64_t requested, freed;
        int64_t rise;       /* the sum of what its threads' live bytes rose by in the bin, at most */
        int64_t bytes_max;  /* live at any moment of the bin, in order of arrival */
        uint64_t rss_bytes; /* largest sample; 0: none */
};

struct series {
        struct bin *bin; /* by number, rising */
        size_t count, room;
        unsigned doublings; /* of the clock, when the series was last brought up to date */
        struct bin *current;
};

struct bin *series_find(struct series *series, const struct clock *clock, int64_t number);
void series_catch_up(struct series *series, const struct clock *clock); /* to the clock's width of bins */
void series_free(struct series *series);

/* The bin of that number, made if there is none. Valid until the next call on this series. */
static inline struct bin *series_at(struct series *series, const struct clock *clock, int64_t number)
{
        if (series->current && series->current->number == number && series->doublings == clock->doublings)
                return series->current;
        return series_find(series, clock, number);
}

#endif
