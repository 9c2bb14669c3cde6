/* From sites to places: give each site its lines, sort by them, merge neighbours. */
#include "analyzer/analyses/places.h"

#include "analyzer/analyses/frames.h"
#include "analyzer/findings/unit.h"
#include "analyzer/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Lines of one stack while it is read. */
struct lines {
        const struct frame **line;
        size_t count, capacity;
};

static bool is_libc(const char *module)
{
        const char *base = path_base(module);

        return base && (strncmp(base, "libc.so", 7) == 0 || strncmp(base, "libpthread", 10) == 0);
}

/* Without the debug symbols of libc what calls main has no name there; in a stripped program _start has none, but what
 * it calls does. */
static bool is_startup(const struct lines *lines, size_t at)
{
        const struct frame *line = lines->line[at];

        if (line->function)
                return frame_is_startup(line);
        return is_libc(line->module) || frame_is_startup(lines->line[at - 1]);
}

static size_t without_startup(const struct lines *lines, unsigned flags)
{
        size_t count = lines->count;

        if (flags & (STACK_TRUNCATED | STACK_BROKEN))
                return count; /* its outer end is not what calls main */
        while (count > 1 && is_startup(lines, count - 1))
                count--;
        return count;
}

static void add_lines(struct lines *lines, const struct frames *frames, int64_t frame)
{
        size_t count;
        const struct frame *const *line = frames_lines(frames, frame, &count);

        for (size_t i = 0; i < count; i++) {
                lines->line = xgrow(lines->line, lines->count, &lines->capacity, sizeof *lines->line);
                lines->line[lines->count++] = line[i];
        }
}

static struct stack make_stack(const struct lines *lines, unsigned flags, struct places *places)
{
        struct stack stack = {.flags = flags, .count = without_startup(lines, flags)};
        const struct frame *const *from = lines->line;

        if (places->by != PLACES_BY_SITE) {
                if (places->by == PLACES_BY_FUNCTION)
                        while (from + 1 < lines->line + stack.count && frame_is_wrapper(*from))
                                from++;
                stack.count = stack.count ? 1 : 0;
                stack.flags = 0;
        }
        stack.frame = arena_alloc(&places->arena, stack.count * sizeof *stack.frame);
        if (stack.count)
                memcpy(stack.frame, from, stack.count * sizeof *stack.frame);
        return stack;
}

/* The definition of a stack, from a scan of all of them in the order of their ids. */
static void read_stack(struct profile *profile, struct sqlite3_stmt **scan, int64_t stack, const struct frames *frames,
                       struct lines *lines)
{
        lines->count = 0;
        while (*scan && row_integer(*scan, 0) <= stack) {
                if (row_integer(*scan, 0) == stack)
                        add_lines(lines, frames, row_integer(*scan, 1));
                if (!profile_next(profile, *scan))
                        *scan = NULL;
        }
}

/* Any stacks in any order, so each is looked up. */
const struct stack *const *places_stacks(struct profile *profile, const int64_t *id, size_t count, struct arena *arena)
{
        struct places places = {.by = PLACES_BY_SITE, .arena = *arena};
        struct frames *frames = frames_load(profile, PLACES_BY_SITE, &places.arena);
        const struct stack **stacks = arena_alloc(&places.arena, count * sizeof *stacks);
        struct lines lines = {0};

        for (size_t i = 0; i < count; i++) {
                struct stack *stack = arena_alloc(&places.arena, sizeof *stack);
                struct sqlite3_stmt *rows;
                unsigned flags = 0;

                rows = profile_query(profile, "SELECT ifnull(flags, 0) FROM stack WHERE id = ?1", &id[i], 1);
                while (profile_next(profile, rows))
                        flags = (unsigned)row_integer(rows, 0);
                lines.count = 0;
                rows = profile_query(profile, "SELECT frame FROM stack_frame WHERE stack = ?1 ORDER BY position",
                                     &id[i], 1);
                while (profile_next(profile, rows))
                        add_lines(&lines, frames, row_integer(rows, 0));
                *stack = make_stack(&lines, flags, &places);
                stacks[i] = id[i] ? stack : NULL;
        }
        free(lines.line);
        frames_free(frames);
        *arena = places.arena;
        return stacks;
}

/* The sites come in the order of their stack ids, so one scan serves them all. */
static void load_stacks(struct profile *profile, struct places *places)
{
        struct frames *frames = frames_load(profile, places->by, &places->arena);
        struct lines lines = {0};
        struct sqlite3_stmt *scan =
                profile_query(profile, "SELECT stack, frame FROM stack_frame ORDER BY stack, position", NULL, 0);

        if (!profile_next(profile, scan))
                scan = NULL;
        for (size_t i = 0; i < places->site_count; i++) {
                struct site *site = &places->site[i];
                const int64_t stack = (int64_t)site->place; /* its id, until places are known */

                if (i > 0 && (int64_t)site[-1].place == stack) {
                        site->stack = site[-1].stack;
                        continue;
                }
                read_stack(profile, &scan, stack, frames, &lines);
                site->stack = make_stack(&lines, site->stack.flags, places);
        }
        while (profile_next(profile, scan))
                ; /* reading to the end frees the scan */
        free(lines.line);
        frames_free(frames);
}

static void load_sites(struct profile *profile, struct places *places)
{
        size_t capacity = 0;
        struct sqlite3_stmt *rows = profile_query(
                profile,
#define NAME(name) "," #name
                "SELECT site.id, site.process, size_min, size_max, first_ns, last_ns, site.stack, "
                "ifnull(stack.flags, 0)" SITE_SUMS(NAME)
#undef NAME
                        " FROM site LEFT JOIN stack ON stack.id = site.stack ORDER BY site.stack, site.id",
                NULL, 0);

        while (profile_next(profile, rows)) {
                struct site site = {
                        .id = row_integer(rows, 0),
                        .process = row_integer(rows, 1),
                        .size_min = row_integer(rows, 2),
                        .size_max = row_integer(rows, 3),
                        .first_ns = row_integer(rows, 4),
                        .last_ns = row_integer(rows, 5),
                        .place = (size_t)row_integer(rows, 6),
                        .stack.flags = (unsigned)row_integer(rows, 7),
                };
                int at = 8;

#define READ(name) site.sums.name = row_integer(rows, at++);
                SITE_SUMS(READ)
#undef READ

                places->site = xgrow(places->site, places->site_count, &capacity, sizeof *places->site);
                places->site[places->site_count++] = site;
        }
}

/* Lines that look the same are one pointer, so most comparisons end at the first difference. */
static int site_compare(const void *left, const void *right)
{
        const struct site *a = left, *b = right;
        int order = stack_compare(&a->stack, &b->stack);

        return order ? order : (a->id > b->id) - (a->id < b->id);
}

static void add_sums(struct sums *to, const struct sums *from)
{
#define ADD(name) to->name = saturating_sum(to->name, from->name);
        SITE_SUMS(ADD)
#undef ADD
}

/* Tables borrow the stacks of places, and outlive the array of sites. */
static const struct stack *keep_stack(const struct stack *stack, struct arena *arena)
{
        struct stack *kept = arena_alloc(arena, sizeof *kept);

        *kept = *stack;
        return kept;
}

/* Only of sites that allocate: others free what they were born with. */
static void add_times(struct place *place, const struct site *site)
{
        if (place->first_ns < 0 || site->first_ns < place->first_ns)
                place->first_ns = site->first_ns;
        if (site->last_ns > place->last_ns)
                place->last_ns = site->last_ns;
}

static void merge(struct places *places, int64_t main_process)
{
        size_t capacity = 0;
        struct place *place = NULL;

        for (size_t i = 0; i < places->site_count; i++) {
                struct site *site = &places->site[i];

                if (i == 0 || stack_compare(&site[-1].stack, &site->stack) != 0) {
                        places->place = xgrow(places->place, places->place_count, &capacity, sizeof *places->place);
                        place = &places->place[places->place_count++];
                        *place = (struct place){.stack = keep_stack(&site->stack, &places->arena), .first_ns = -1};
                }
                site->place = places->place_count - 1;
                add_sums(&place->sums, &site->sums);
                add_sums(&places->all, &site->sums);
                if (site->sums.allocations || site->sums.resizes)
                        add_times(place, site);
                if (site->process == main_process) {
                        place->main |= site->sums.allocations || site->sums.resizes;
                        place->main_live |= site->sums.live_blocks > 0;
                        add_sums(&places->main, &site->sums);
                }
        }
}

void places_load(struct profile *profile, enum places_by by, struct places *ret_places)
{
        size_t process_count;
        const struct process *process = profile_processes(profile, &process_count);

        *ret_places = (struct places){.by = by};
        load_sites(profile, ret_places);
        load_stacks(profile, ret_places);
        if (ret_places->site_count)
                qsort(ret_places->site, ret_places->site_count, sizeof *ret_places->site, site_compare);
        merge(ret_places, process_count ? process[0].id : 0);
}

void places_free(struct places *places)
{
        free(places->site);
        free(places->place);
        arena_free(&places->arena);
        *places = (struct places){0};
}
