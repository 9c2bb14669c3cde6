/* A place that allocates: one stack in one process, with everything counted about it. */
#ifndef MODEL_SITE_H
#define MODEL_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/model/clock.h"
#include "analyzer/model/site_bins.h"
#include "wire/wire.h"

enum {
        SITE_AGES = WIRE_AGE_OLDER + 1,
        SITE_ID_BITS = 26,        /* stack ids are below 2^26, and few are left out */
        SITE_RESIZED = SITE_AGES, /* counted behind the ages: first halves of a realloc in place, */
        SITE_RESIZES,             /* and second ones */
        SITE_COUNTS,
};
#define SITE_NO_BIN INT16_MIN
#define SITE_UNMADE UINT32_MAX /* peak_seen of room for a site that nothing has happened at */

/* Found by a walk of the heap; see wire_live. */
struct site_walk {
        uint32_t number; /* of the walk */
        uint64_t blocks, bytes, usable;
        uint64_t pinned_bytes, pinning_blocks, pinned_slabs;
        int64_t after_blocks, after_bytes; /* changed by the walker after its walk */
};

/* With many sites, each event is about one that is in no near cache. So what an event changes stands in the first two
 * lines of memory, and what can be told from the rest is not kept: see the functions below. */
struct site {
        int64_t live_blocks, live_bytes, live_usable;
        int64_t bytes_max;
        uint64_t requested, allocated_usable; /* resizes included: requested less freed is what lives */
        uint64_t last_ns;                     /* of its allocations, on the clock of the events */
        uint32_t peak_seen;
        int16_t bin;       /* that is open, or SITE_NO_BIN */
        uint8_t doublings; /* of the clock by which its bins are numbered */
        int8_t kind;       /* enum wire_alloc_kind, the first seen; -1: none yet */

        uint64_t first_ns;
        uint64_t size_min, size_max;
        uint32_t count[SITE_COUNTS]; /* low halves; see site_count */

        int64_t peak_blocks, peak_bytes, peak_usable; /* valid for peak_seen; see site_before_change */
        struct site_bins *bins;
        uint32_t stack;
        uint32_t *count_high;   /* NULL: all 0 */
        struct site_walk *walk; /* NULL: found by none */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct site, first_ns) == 64 && offsetof(struct site, peak_blocks) == 128, "by cache lines");

/* Sites by stack id without hashing, and in order of appearance. */
struct sites {
        struct site **leaves[1 << (SITE_ID_BITS - 18)]; /* tables of 2^14 leaves of 2^4 sites, made when needed */
        struct site **site;
        size_t count, room;
};

struct site *sites_make(struct sites *sites, uint32_t stack);
void sites_free(struct sites *sites);

/* Adds what `from` counted to `site`: two stacks turned out to be one. Both must be at the same peak, and finished. */
void site_merge(struct site *site, const struct site *from);

void site_count_carry(struct site *site, unsigned which);

static inline void site_count_add(struct site *site, unsigned which, uint32_t more)
{
        site->count[which] += more;
        if (site->count[which] < more)
                site_count_carry(site, which);
}

static inline uint64_t site_count(const struct site *site, unsigned which) /* age, SITE_RESIZED or SITE_RESIZES */
{
        return (site->count_high ? (uint64_t)site->count_high[which] << 32 : 0) + site->count[which];
}

uint64_t site_frees(const struct site *site);
uint64_t site_allocations(const struct site *site);
static inline uint64_t site_freed(const struct site *site) /* bytes */
{
        return site->requested - (uint64_t)site->live_bytes;
}

/* Before something is counted in bin `number` of that clock. True: the site had no such bin yet. */
bool site_bin_open(struct site *site, const struct clock *clock, int64_t number);
void site_finish(struct site *site, const struct clock *clock); /* no bin is open, and all have the clock's width */
static inline bool site_bin_is_open(const struct site *site, const struct clock *clock, int64_t number)
{
        return site->bin == number && site->doublings == clock->doublings;
}

/* NULL: the room is not there. It may be that of a site not made yet. */
static inline struct site *sites_room(const struct sites *sites, uint32_t stack)
{
        struct site **leaves, *leaf;

        if (stack >> SITE_ID_BITS)
                return NULL;
        leaves = sites->leaves[stack >> 18];
        leaf = leaves ? leaves[stack >> 4 & 0x3fff] : NULL;
        return leaf ? leaf + (stack & 0xf) : NULL;
}

/* Ids out of range are the unknown stack 0: a damaged frame must not cost memory. */
static inline struct site *sites_at(struct sites *sites, uint32_t stack)
{
        struct site *site = sites_room(sites, stack);

        return site && site->peak_seen != SITE_UNMADE ? site : sites_make(sites, stack >> SITE_ID_BITS ? 0 : stack);
}

/* Before anything is noted about a walk: forgets what an earlier one has said. */
struct site_walk *site_walk(struct site *site, uint32_t number);

/* A new peak of the process only counts up `peak`: no copy of all sites. A site that changes after the latest peak
 * first saves what it held then; one that does not change still holds it. */
static inline void site_before_change(struct site *site, uint32_t peak)
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
