/* Making and merging of sites, and what is rare in counting. The counting itself is in tally.c. */
#include "analyzer/model/site.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

enum { LEAF_SITES = 1 << 4, TABLE_LEAVES = 1 << 14 };

static struct site *leaf_make(void)
{
        struct site *leaf = xaligned(_Alignof(struct site), LEAF_SITES * sizeof *leaf);

        for (int i = 0; i < LEAF_SITES; i++)
                leaf[i] = (struct site){.kind = -1,
                                        .bin = SITE_NO_BIN,
                                        .size_min = UINT64_MAX,
                                        .first_ns = UINT64_MAX,
                                        .peak_seen = SITE_UNMADE};
        return leaf;
}

struct site *sites_make(struct sites *sites, uint32_t stack)
{
        struct site ***leaves = &sites->leaves[stack / LEAF_SITES / TABLE_LEAVES];

        if (!*leaves)
                *leaves = xcalloc(TABLE_LEAVES, sizeof **leaves);
        struct site **leaf = &(*leaves)[stack / LEAF_SITES % TABLE_LEAVES];

        if (!*leaf)
                *leaf = leaf_make();
        struct site *site = *leaf + stack % LEAF_SITES;

        if (site->peak_seen == SITE_UNMADE) {
                site->peak_seen = 0;
                site->stack = stack;
                sites->site = xgrow(sites->site, sites->count, &sites->room, sizeof *sites->site);
                sites->site[sites->count++] = site;
        }
        return site;
}

void site_count_carry(struct site *site, unsigned which)
{
        if (!site->count_high)
                site->count_high = xcalloc(SITE_COUNTS, sizeof *site->count_high);
        site->count_high[which]++;
}

static uint64_t blocks_gone(const struct site *site)
{
        return site_frees(site) + site_count(site, SITE_RESIZED);
}

uint64_t site_frees(const struct site *site)
{
        uint64_t frees = 0;

        for (unsigned i = 0; i < SITE_AGES; i++)
                frees += site_count(site, i);
        return frees;
}

uint64_t site_allocations(const struct site *site)
{
        return (uint64_t)site->live_blocks + blocks_gone(site) - site_count(site, SITE_RESIZES);
}

struct site_walk *site_walk(struct site *site, uint32_t number)
{
        if (!site->walk)
                site->walk = xcalloc(1, sizeof *site->walk);
        if (site->walk->number != number)
                *site->walk = (struct site_walk){.number = number};
        return site->walk;
}

/* --- time bins ---------------------------------------------------------------------------------------------------- */

/* Turns a bin from what had been counted at its begin to what was counted since, and back. */
static void bin_turn(const struct site *site, struct site_bin *bin)
{
        uint64_t gone = blocks_gone(site);

        bin->allocations = (uint64_t)site->live_blocks + gone - bin->allocations;
        bin->frees = gone - bin->frees;
        bin->requested = site->requested - bin->requested;
        bin->freed = site_freed(site) - bin->freed;
}

static void bin_close(struct site *site)
{
        if (site->open)
                bin_turn(site, &site->bins[site->open - 1]);
        site->open = 0;
        site->bin = SITE_NO_BIN;
}

static void bin_add(struct site_bin *bin, const struct site_bin *more)
{
        bin->allocations += more->allocations;
        bin->frees += more->frees;
        bin->requested += more->requested;
        bin->freed += more->freed;
}

static void bins_catch_up(struct site *site, const struct clock *clock)
{
        unsigned shift = clock->doublings - site->doublings;
        uint16_t kept = 0;

        site->doublings = (uint8_t)clock->doublings;
        if (shift == 0)
                return;
        for (uint16_t i = 0; i < site->bin_count; i++) {
                struct site_bin *bin = &site->bins[i];

                bin->number = (int64_t)bin->number >> shift; /* a bit-field by itself is an int, and shift may be 33 */
                if (kept && site->bins[kept - 1].number == bin->number)
                        bin_add(&site->bins[kept - 1], bin);
                else
                        site->bins[kept++] = *bin;
        }
        site->bin_count = kept;
}

/* Index of the bin of that number, from the end: events come nearly in order of time. */
static uint16_t bins_find(struct site *site, int64_t number, bool *ret_made)
{
        uint16_t at = site->bin_count;

        while (at > 0 && site->bins[at - 1].number > number)
                at--;
        *ret_made = at == 0 || site->bins[at - 1].number != number;
        if (!*ret_made)
                return (uint16_t)(at - 1);
        if (site->bin_count == site->bin_room) {
                site->bin_room = (uint16_t)(site->bin_room + site->bin_room / 4 + 4);
                site->bins = xrealloc(site->bins, site->bin_room * sizeof *site->bins);
        }
        for (uint16_t i = site->bin_count++; i > at; i--)
                site->bins[i] = site->bins[i - 1];
        site->bins[at] = (struct site_bin){.number = number};
        return at;
}

bool site_bin_open(struct site *site, const struct clock *clock, int64_t number)
{
        bool made;
        uint16_t at;

        bin_close(site);
        bins_catch_up(site, clock);
        at = bins_find(site, number, &made);
        bin_turn(site, &site->bins[at]);
        site->bin = (int16_t)number;
        site->open = (uint16_t)(at + 1);
        return made;
}

void site_bins_finish(struct site *site, const struct clock *clock)
{
        bin_close(site);
        bins_catch_up(site, clock);
}

/* --- merging ------------------------------------------------------------------------------------------------------ */

static void merge_times(struct site *site, const struct site *from)
{
        if (from->first_ns < site->first_ns) {
                site->first_ns = from->first_ns;
                if (from->kind >= 0)
                        site->kind = from->kind;
        }
        if (from->last_ns > site->last_ns)
                site->last_ns = from->last_ns;
        if (from->size_min < site->size_min)
                site->size_min = from->size_min;
        if (from->size_max > site->size_max)
                site->size_max = from->size_max;
}

static void merge_walk(struct site *site, const struct site_walk *from)
{
        struct site_walk *walk = site_walk(site, from->number);

        walk->pinned_bytes += from->pinned_bytes;
        walk->pinning_blocks += from->pinning_blocks;
        walk->pinned_slabs += from->pinned_slabs;
}

static void merge_counts(struct site *site, const struct site *from)
{
        for (unsigned i = 0; i < SITE_COUNTS; i++) {
                site_count_add(site, i, from->count[i]);
                if (!from->count_high || !from->count_high[i])
                        continue;
                site_count_carry(site, i);
                site->count_high[i] += from->count_high[i] - 1;
        }
}

void site_merge(struct site *site, const struct site *from)
{
        site_add(&site->live_blocks, (uint64_t)from->live_blocks);
        site_add(&site->live_bytes, (uint64_t)from->live_bytes);
        site_add(&site->live_usable, (uint64_t)from->live_usable);
        site_add(&site->peak_blocks, (uint64_t)from->peak_blocks);
        site_add(&site->peak_bytes, (uint64_t)from->peak_bytes);
        site_add(&site->peak_usable, (uint64_t)from->peak_usable);
        site_add(&site->bytes_max, (uint64_t)from->bytes_max); /* at most this: their highs need not coincide */
        site->requested += from->requested;
        site->allocated_usable += from->allocated_usable;
        merge_counts(site, from);
        merge_times(site, from);
        if (from->walk)
                merge_walk(site, from->walk);
        for (uint16_t i = 0; i < from->bin_count; i++) {
                bool made;
                uint16_t at = bins_find(site, from->bins[i].number, &made);

                bin_add(&site->bins[at], &from->bins[i]);
        }
}

void sites_free(struct sites *sites)
{
        for (size_t i = 0; i < sites->count; i++) {
                free(sites->site[i]->bins);
                free(sites->site[i]->count_high);
                free(sites->site[i]->walk);
        }
        for (size_t i = 0; i < sizeof sites->leaves / sizeof *sites->leaves; i++) {
                for (size_t j = 0; sites->leaves[i] && j < TABLE_LEAVES; j++)
                        free(sites->leaves[i][j]);
                free(sites->leaves[i]);
        }
        free(sites->site);
        *sites = (struct sites){0};
}
