/* Making and merging of sites. The counting itself is in events.c. */
#include "analyzer/model/site.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

enum {
        LEAF_SITES = 1 << 8,
        LEAVES = 1 << (SITE_ID_BITS - 8),
};

struct site *sites_make(struct sites *sites, uint32_t stack)
{
        struct site *site = xcalloc(1, sizeof *site);

        if (!sites->leaf)
                sites->leaf = xcalloc(LEAVES, sizeof *sites->leaf);
        struct site ***leaf = &sites->leaf[stack / LEAF_SITES];

        if (!*leaf)
                *leaf = xcalloc(LEAF_SITES, sizeof **leaf);
        (*leaf)[stack % LEAF_SITES] = site;
        sites->site = xgrow(sites->site, sites->count, &sites->room, sizeof *sites->site);
        sites->site[sites->count++] = site;
        site->stack = stack;
        site->kind = -1;
        site->size_min = UINT64_MAX;
        site->first_ns = UINT64_MAX;
        site->size_last = UINT64_MAX;
        return site;
}

static void site_merge_times(struct site *site, const struct site *from)
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

void site_merge(struct site *site, struct site *from, const struct clock *clock)
{
        site->allocations += from->allocations;
        site->frees += from->frees;
        site->resizes += from->resizes;
        site->requested += from->requested;
        site->freed += from->freed;
        site->allocated_usable += from->allocated_usable;
        site_add(&site->live_blocks, (uint64_t)from->live_blocks);
        site_add(&site->live_bytes, (uint64_t)from->live_bytes);
        site_add(&site->live_usable, (uint64_t)from->live_usable);
        site_add(&site->peak_blocks, (uint64_t)from->peak_blocks);
        site_add(&site->peak_bytes, (uint64_t)from->peak_bytes);
        site_add(&site->peak_usable, (uint64_t)from->peak_usable);
        site_add(&site->bytes_max, (uint64_t)from->bytes_max); /* at most this: their highs need not coincide */
        site->pinned_bytes += from->pinned_bytes;
        site->pinning_blocks += from->pinning_blocks;
        site->pinned_slabs += from->pinned_slabs;
        for (size_t i = 0; i < SITE_AGES; i++)
                site->ages[i] += from->ages[i];
        site_merge_times(site, from);
        series_merge(&site->series, &from->series, clock);
}

/* Leaves are found by the sites in them: most of the table has never been touched. */
void sites_free(struct sites *sites)
{
        for (size_t i = 0; i < sites->count; i++) {
                struct site ***leaf = &sites->leaf[sites->site[i]->stack / LEAF_SITES];

                free(*leaf);
                *leaf = NULL;
                series_free(&sites->site[i]->series);
                free(sites->site[i]);
        }
        free(sites->leaf);
        free(sites->site);
        *sites = (struct sites){0};
}
