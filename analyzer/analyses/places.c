/* From sites to places: give each site its stack, sort by them, merge neighbours. */
#include "analyzer/analyses/places.h"

#include "analyzer/analyses/chains.h"
#include "analyzer/findings/unit.h"
#include "analyzer/xalloc.h"

#include <stdlib.h>

const struct stack *const *places_stacks(struct profile *profile, const int64_t *id, size_t count, struct arena *arena)
{
        struct chains *chains = chains_load(profile, PLACES_BY_SITE, arena);
        const struct stack **stacks = arena_alloc(arena, count * sizeof *stacks);

        for (size_t i = 0; i < count; i++)
                stacks[i] = id[i] ? chains_find(chains, id[i]) : NULL;
        chains_free(chains);
        return stacks;
}

/* In the order of ids. */
static void load_sites(struct profile *profile, struct places *places)
{
        size_t capacity = 0;
        struct sqlite3_stmt *rows = profile_query(
                profile, "SELECT id, process, ifnull(stack, 0), live_bytes FROM site ORDER BY id", NULL, 0);

        while (profile_next(profile, rows)) {
                places->site = xgrow(places->site, places->site_count, &capacity, sizeof *places->site);
                places->site[places->site_count] = (struct site){
                        .id = row_integer(rows, 0),
                        .process = row_integer(rows, 1),
                        .stack = chains_find(places->chains, row_integer(rows, 2)),
                        .place = places->site_count, /* its row, until places are known */
                        .live_bytes = row_integer(rows, 3),
                };
                places->site_count++;
        }
}

/* Lines that look the same are one pointer, so most comparisons end at the first difference. */
static int site_compare(const void *left, const void *right)
{
        const struct site *a = left, *b = right;
        int order = stack_compare(a->stack, b->stack);

        return order ? order : (a->id > b->id) - (a->id < b->id);
}

static void add_sums(struct sums *to, const struct sums *from)
{
#define ADD(name) to->name = saturating_sum(to->name, from->name);
        SITE_SUMS(ADD)
#undef ADD
}

/* Gives the sites their places. Returns the place of each row of the table, in its order; to be freed. */
static size_t *merge(struct places *places)
{
        size_t capacity = 0;
        size_t *place_of_row = xcalloc(places->site_count, sizeof *place_of_row);

        for (size_t i = 0; i < places->site_count; i++) {
                struct site *site = &places->site[i];

                if (i == 0 || stack_compare(site[-1].stack, site->stack) != 0) {
                        places->place = xgrow(places->place, places->place_count, &capacity, sizeof *places->place);
                        places->place[places->place_count++] = (struct place){.stack = site->stack, .first_ns = -1};
                }
                site->stack->order = places->place_count;
                place_of_row[site->place] = places->place_count - 1;
                site->place = places->place_count - 1;
        }
        return place_of_row;
}

/* Only of sites that allocate: others free what they were born with. */
static void add_times(struct place *place, int64_t first_ns, int64_t last_ns)
{
        if (place->first_ns < 0 || first_ns < place->first_ns)
                place->first_ns = first_ns;
        if (last_ns > place->last_ns)
                place->last_ns = last_ns;
}

static void add_site(struct places *places, struct place *place, bool is_main, const struct sums *sums)
{
        add_sums(&place->sums, sums);
        add_sums(&places->all, sums);
        if (!is_main)
                return;
        place->main |= sums->allocations || sums->resizes;
        place->main_live |= sums->live_blocks > 0;
        add_sums(&places->main, sums);
}

static void load_sums(struct profile *profile, struct places *places, const size_t *place_of_row, int64_t main_process)
{
        size_t row = 0;
        struct sqlite3_stmt *rows = profile_query(profile,
#define NAME(name) "," #name
                                                  "SELECT process, first_ns, last_ns" SITE_SUMS(NAME)
#undef NAME
                                                          " FROM site LEFT JOIN site_sample ON site_sample.site = id "
                                                          "ORDER BY id",
                                                  NULL, 0);

        for (; profile_next(profile, rows) && row < places->site_count; row++) {
                struct place *place = &places->place[place_of_row[row]];
                struct sums sums;
                int at = 3;

#define READ(name) sums.name = row_integer(rows, at++);
                SITE_SUMS(READ)
#undef READ
                if (sums.allocations || sums.resizes)
                        add_times(place, row_integer(rows, 1), row_integer(rows, 2));
                add_site(places, place, row_integer(rows, 0) == main_process, &sums);
        }
}

void places_load(struct profile *profile, enum places_by by, struct places *ret_places)
{
        size_t process_count;
        const struct process *process = profile_processes(profile, &process_count);
        size_t *place_of_row;

        *ret_places = (struct places){.by = by};
        ret_places->chains = chains_load(profile, by, &ret_places->arena);
        load_sites(profile, ret_places);
        if (ret_places->site_count)
                qsort(ret_places->site, ret_places->site_count, sizeof *ret_places->site, site_compare);
        place_of_row = merge(ret_places);
        load_sums(profile, ret_places, place_of_row, process_count ? process[0].id : 0);
        free(place_of_row);
}

void places_free(struct places *places)
{
        chains_free(places->chains);
        free(places->site);
        free(places->place);
        arena_free(&places->arena);
        *places = (struct places){0};
}
