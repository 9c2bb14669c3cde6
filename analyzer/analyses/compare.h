/* Two profiles beside each other: runs or snapshots, of one build or of two.
 *
 * Places are the same if their stacks are, function by function: lines and addresses move from build to build, and
 * address space is random. A frame without a symbol is its module's file name and the offset. Every figure is that of
 * all processes of a profile. */
#ifndef ANALYZER_ANALYSES_COMPARE_H
#define ANALYZER_ANALYSES_COMPARE_H

#include "analyzer/analyses/analyses.h"

enum compare_what {
        COMPARE_ALL, /* every table that shows a difference */
        COMPARE_LIVE,
        COMPARE_PEAK,
        COMPARE_ALLOCATED,
        COMPARE_LEAKS,
};

struct compare_options {
        enum places_by by;
        enum compare_what what;
        size_t rows; /* that tables of places need have; 0: all */
        struct suppressed_options suppress;
};

/* Look at profile_error of both afterwards. The findings are to be freed in any case; the profiles may be closed
 * before. `names`: what the two are called, the old one first. */
void compare_run(struct profile *const profile[2], const char *const name[2], const struct compare_options *options,
                 struct findings *ret_findings);

/* Of findings with the table of leaks, all of its rows: whether some place loses more than it did. */
enum compare_verdict { COMPARE_KEPT, COMPARE_GROWN, COMPARE_UNKNOWN /* one of them was not scanned */ };
enum compare_verdict compare_leaks(const struct findings *findings);

#endif
