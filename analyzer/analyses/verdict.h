/* What `check` holds against its limits. */
#ifndef ANALYZER_ANALYSES_VERDICT_H
#define ANALYZER_ANALYSES_VERDICT_H

#include "analyzer/analyses/profile.h"
#include "analyzer/analyses/suppressed.h"

struct verdict {
        const char *doubt;                          /* why no figure can be relied on; NULL: they can. A literal */
        const char *unscanned;                      /* why nothing is known of leaks; NULL: it is */
        int64_t leaked_blocks, leaked_bytes, leaks; /* definitely or indirectly lost; places of the former */
        int64_t possible_blocks, possible_bytes, possible_leaks;
        int64_t requested; /* bytes, in all */
        int64_t allocations;
        int64_t peak_bytes; /* of the main process */
};

/* Look at profile_error afterwards. */
void verdict_find(struct profile *profile, const struct suppressed_options *suppress, struct verdict *ret_verdict);

#endif
