/* What is resident of the main process, for the analyses that speak of it. */
#ifndef ANALYZER_ANALYSES_RESIDENT_H
#define ANALYZER_ANALYSES_RESIDENT_H

#include "analyzer/analyses/analysis.h"

enum resident_part {
        RESIDENT_REQUESTED,
        RESIDENT_ROUNDING,
        RESIDENT_FREE, /* in slabs */
        RESIDENT_PENDING,
        RESIDENT_RETAINED,
        RESIDENT_METADATA, /* from here on: ours */
        RESIDENT_SIDE,
        RESIDENT_RECORDER,
        RESIDENT_SHARED,
        RESIDENT_LIBRARY,
        RESIDENT_FILES, /* from here on: the program's other mappings */
        RESIDENT_STACK,
        RESIDENT_ANONYMOUS,
        RESIDENT_PARTS,
};

struct resident {
        bool known;
        int64_t rss, part[RESIDENT_PARTS];
        int64_t unexplained;       /* rss less all parts, with its sign */
        int64_t untouched, purged; /* not resident */
};

void resident_load(const struct evidence *evidence, struct resident *ret_resident);
int64_t resident_sum(const struct resident *resident, enum resident_part first, enum resident_part last);

#endif
