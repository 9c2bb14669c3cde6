/* A place that allocates: one stack in one process, with everything counted about it. */
#ifndef MODEL_SITE_H
#define MODEL_SITE_H

#include "analyzer/model/series.h"
#include "wire/wire.h"

enum {
        SITE_AGES = WIRE_AGE_OLDER + 1,
        SITE_ID_BITS = 26, /* stack ids are slot numbers of the recorder's table: sparse, below 2^26 */
};

struct site {
        uint32_t stack;
        int kind; /* enum wire_alloc_kind, the first seen; -1: none yet */
        uint64_t allocations, frees, resizes;
        uint64_t requested, freed, allocated_usable; /* resizes included: requested - freed is what lives */
        int64_t live_blocks, live_bytes, live_usable;
        int64_t peak_blocks, peak_bytes, peak_usable; /* valid for peak_seen; see site_before_change */
        uint64_t peak_seen;
        int64_t bytes_max;
        uint64_t pinned_bytes, pinning_blocks, pinned_slabs; /* by the walk; see wire_live */
        uint64_t size_min, size_max;
        uint64_t first_ns, last_ns; /* of its allocations, on the clock of the events */
        uint64_t ages[SITE_AGES];
        uint64_t size_last, usable_last; /* a site asks for the same size again and again */
        struct series series;

        uint32_t walk; /* the walk that the next five belong to, and pinned_bytes and its like */
        uint64_t walk_blocks, walk_bytes, walk_usable;
        int64_t after_blocks, after_bytes; /* changed by the walker after its walk */
};

/* Sites by stack id without hashing, in order of appearance too. */
struct sites {
        struct site ***leaf; /* 2^18 leaves of 2^8 sites, made when needed */
        struct site **site;
        size_t count, room;
};

struct site *sites_make(struct sites *sites, uint32_t stack);
void sites_free(struct sites *sites);

/* Adds what `from` counted to `site`: two stacks turned out to be one. Both must be at the same peak. */
void site_merge(struct site *site, struct site *from, const struct clock *clock);

/* Ids out of range are the unknown stack 0: a damaged frame must not cost memory. */
static inline struct site *sites_at(struct sites *sites, uint32_t stack)
{
        enum { LEAF_BITS = 8 };

        if (stack >> SITE_ID_BITS)
                stack = 0;
        if (sites->leaf && sites->leaf[stack >> LEAF_BITS]) {
                struct site *site = sites->leaf[stack >> LEAF_BITS][stack & ((1 << LEAF_BITS) - 1)];

                if (site)
                        return site;
        }
        return sites_make(sites, stack);
}

/* Fetches what sites_at will need for that stack. */
static inline void sites_fetch(const struct sites *sites, uint32_t stack)
{
        enum { LEAF_BITS = 8 };

        if (!(stack >> SITE_ID_BITS) && sites->leaf && sites->leaf[stack >> LEAF_BITS])
                __builtin_prefetch(&sites->leaf[stack >> LEAF_BITS][stack & ((1 << LEAF_BITS) - 1)]);
}

/* Before anything is noted about a walk: forgets what an earlier one has said. */
static inline void site_before_walk(struct site *site, uint32_t walk)
{
        if (site->walk == walk)
                return;
        site->walk = walk;
        site->walk_blocks = site->walk_bytes = site->walk_usable = 0;
        site->pinned_bytes = site->pinning_blocks = site->pinned_slabs = 0;
        site->after_blocks = site->after_bytes = 0;
}

/* A new peak of the process only counts up `peak`: no copy of all sites. A site that changes after the latest peak
 * first saves what it held then; one that does not change still holds it. */
static inline void site_before_change(struct site *site, uint64_t peak)
{
        if (site->peak_seen == peak)
                return;
        site->peak_blocks = site->live_blocks;
        site->peak_bytes = site->live_bytes;
        site->peak_usable = site->live_usable;
        site->peak_seen = peak;
}

/* Wraps around instead of overflowing: the numbers come from outside. */
static inline void site_add(int64_t *sum, uint64_t more)
{
        *sum = (int64_t)((uint64_t)*sum + more);
}

#endif
