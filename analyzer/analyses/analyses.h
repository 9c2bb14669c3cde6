/* From a profile to findings: the list of analyses. They read the profile, and nothing else. */
#ifndef ANALYZER_ANALYSES_ANALYSES_H
#define ANALYZER_ANALYSES_ANALYSES_H

#include "analyzer/analyses/places.h"
#include "analyzer/analyses/profile.h"
#include "analyzer/analyses/suppressed.h"
#include "analyzer/findings/table.h"

enum analysis_what {
        WHAT_ALL, /* every table, in the order of the report */
        WHAT_LEAKS,
        WHAT_REACHABLE,
        WHAT_LIVE,
        WHAT_PEAK,
        WHAT_ALLOC,
        WHAT_GROWTH,
        WHAT_TEMPORARY,
        WHAT_WASTE,
        WHAT_ADVICE,
        WHAT_COSTS /* for exports */
};

struct analysis_options {
        enum places_by by;
        enum analysis_what what;
        size_t rows; /* that tables of places need have; 0: all */
        struct suppressed_options suppress;
};

/* Look at profile_error afterwards. The findings are to be freed in any case; the profile may be closed before. */
void analyses_run(struct profile *profile, const struct analysis_options *options, struct findings *ret_findings);

#endif
