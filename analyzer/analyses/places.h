/* The places that allocate: the sites of all processes, merged by their symbolized stack.
 *
 * Two sites whose stacks look the same are one place, and their figures add up. Frames of the start-up below main are
 * left out. */
#ifndef ANALYZER_ANALYSES_PLACES_H
#define ANALYZER_ANALYSES_PLACES_H

#include "analyzer/analyses/profile.h"
#include "analyzer/findings/stack.h"

enum places_by {
        PLACES_BY_SITE,     /* the whole stack */
        PLACES_BY_FUNCTION, /* the innermost function that is no C++ allocation wrapper */
        PLACES_BY_MODULE    /* the innermost module */
};

/* The columns of table site that add up. */
/* clang-format off */
#define SITE_SUMS(X)                                                                                                  \
        X(allocations) X(frees) X(resizes) X(temporary) X(short_lived) X(requested) X(freed) X(allocated_usable)      \
        X(live_blocks) X(live_bytes) X(live_usable) X(peak_blocks) X(peak_bytes) X(peak_usable)      \
        X(pinned_bytes) X(pinning_blocks) X(pinned_slabs)                                                             \
        X(taken) X(requested_spread) X(live_spread) X(peak_spread) X(allocations_variance)
/* clang-format on */

struct sums {
#define FIELD(name) int64_t name;
        SITE_SUMS(FIELD)
#undef FIELD
};

struct site {
        int64_t id, process; /* process: its id */
        struct stack *stack;
        size_t place;
        int64_t live_bytes;
};

struct place {
        const struct stack *stack;
        struct sums sums;
        int64_t first_ns, last_ns; /* of its allocations; first -1: none */
        bool main;                 /* the main process allocated here */
        bool main_live;            /* and left something alive */
};

struct chains;

struct places {
        enum places_by by;
        struct chains *chains; /* the stacks themselves, see chains.h */
        struct site *site;     /* in order of stack, so that those of one place stand together; then of id */
        size_t site_count;
        struct place *place; /* in order of stack */
        size_t place_count;
        struct sums all;
        struct sums main; /* of the main process alone */
        struct arena arena;
};

void places_load(struct profile *profile, enum places_by by, struct places *ret_places);
/* The stacks of those ids, line by line, in the same order; NULL for an id of 0. All of it lives in the arena. */
const struct stack *const *places_stacks(struct profile *profile, const int64_t *id, size_t count, struct arena *arena);
void places_free(struct places *places);

#endif
