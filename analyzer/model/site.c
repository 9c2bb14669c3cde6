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

/* Of the first `kinds`. */
static uint64_t sum_of_counts(const struct site *site, unsigned kinds)
{
        uint64_t sum = 0;

        for (unsigned i = 0; i < kinds; i++)
                sum += site->count[i];
        for (unsigned i = 0; i < kinds && site->count_high; i++)
                sum += (uint64_t)site->count_high[i] << 32;
        return sum;
}

static uint64_t blocks_gone(const struct site *site)
{
        return sum_of_counts(site, SITE_RESIZED + 1);
}

uint64_t site_frees(const struct site *site)
{
        return sum_of_counts(site, SITE_AGES);
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

/* What has been counted altogether. */
static struct site_bin site_now(const struct site *site)
{
        uint64_t gone = blocks_gone(site);

        return (struct site_bin){.allocations = (uint64_t)site->live_blocks + gone,
                                 .frees = gone,
                                 .requested = site->requested,
                                 .freed = site_freed(site)};
}

static void bins_catch_up(struct site *site, const struct clock *clock, const struct site_bin *now)
{
        unsigned shift = clock->doublings - site->doublings;

        site->doublings = (uint8_t)clock->doublings;
        if (shift == 0)
                return;
        site_bins_close(site->bins, now);
        site_bins_widen(site->bins, shift);
}

bool site_bin_open(struct site *site, const struct clock *clock, int64_t number)
{
        struct site_bin now = site_now(site);

        bins_catch_up(site, clock, &now);
        site->bin = (int16_t)number;
        return site_bins_open(&site->bins, &now, number);
}

void site_finish(struct site *site, const struct clock *clock)
{
        struct site_bin now = site_now(site);

        site_bins_close(site->bins, &now);
        site->bin = SITE_NO_BIN;
        bins_catch_up(site, clock, &now);
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
        struct site_bin bin[CLOCK_BINS_MAX];
        size_t bin_count;

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
        bin_count = site_bins_list(from->bins, bin);
        for (size_t i = 0; i < bin_count; i++)
                site_bins_add(&site->bins, &bin[i]);
}

void sites_free(struct sites *sites)
{
        for (size_t i = 0; i < sites->count; i++) {
                site_bins_free(sites->site[i]->bins);
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
