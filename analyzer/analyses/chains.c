/* One pass in the order of ids: what a stack goes on in has a smaller one. */
#include "analyzer/analyses/chains.h"

#include "analyzer/analyses/frames.h"
#include "analyzer/findings/unit.h"
#include "analyzer/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 1 << 20 }; /* of a stack; more is damage */

struct chain {
        int64_t id;
        const struct stack *part; /* for the stacks that go on in it; without the lines below main */
        struct stack *shown;      /* the same, or what is left of it */
        size_t lines;             /* all */
        size_t startup;           /* below main, if its outer end is known */
};

struct chains {
        enum places_by by;
        struct arena *arena;
        struct frames *frames;
        struct chain *chain; /* by id, rising */
        size_t count, capacity;
        struct stack *none;
        const struct frame **line; /* of the stack that is being read */
        size_t line_capacity;
};

static bool is_libc(const char *module)
{
        const char *base = path_base(module);

        return base && (strncmp(base, "libc.so", 7) == 0 || strncmp(base, "libpthread", 10) == 0);
}

/* Without the debug symbols of libc what calls main has no name there; in a stripped program _start has none, but what
 * it calls does. */
static bool is_startup(const struct frame *line, const struct frame *inside)
{
        if (line->function)
                return frame_is_startup(line);
        return is_libc(line->module) || frame_is_startup(inside);
}

static const struct chain *find(const struct chains *chains, int64_t id)
{
        size_t low = 0, high = chains->count;

        if (id > 0 && (uint64_t)id <= high && chains->chain[id - 1].id == id)
                return &chains->chain[id - 1]; /* as this program numbers them */
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (chains->chain[middle].id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < chains->count && chains->chain[low].id == id ? &chains->chain[low] : NULL;
}

/* The lines below main of a stack that has all its lines. Usually its outer part has settled that already. */
static size_t count_startup(const struct stack *stack, const struct chain *outer)
{
        const struct frame **line;
        size_t count = stack->count;

        if (outer && outer->startup + 1 < outer->lines)
                return outer->startup;
        line = stack_lines(stack);
        while (count > 1 && is_startup(line[count - 1], line[count - 2]))
                count--;
        free(line);
        return stack->count - count;
}

/* "12 7 9": the lines of these frames. Returns how many. */
static size_t read_lines(struct chains *chains, const char *text)
{
        size_t count = 0, lines;

        for (char *end; text && *text; text = end) {
                const struct frame *const *line = frames_lines(chains->frames, strtoll(text, &end, 10), &lines);

                if (end == text)
                        break;
                for (size_t i = 0; i < lines && count < LINES_MAX; i++) {
                        chains->line = xgrow(chains->line, count, &chains->line_capacity, sizeof *chains->line);
                        chains->line[count++] = line[i];
                }
        }
        return count;
}

/* What is left of a stack when places are told apart by less. */
static struct stack *reduced(struct stack *stack, enum places_by by, struct arena *arena)
{
        struct stack_walk walk = stack_walk(stack);
        const struct frame *line = stack_next(&walk);
        struct stack *one;

        if (by == PLACES_BY_SITE)
                return stack;
        while (by == PLACES_BY_FUNCTION && walk.left && frame_is_wrapper(line))
                line = stack_next(&walk);
        one = arena_alloc(arena, sizeof *one);
        one->frame = arena_alloc(arena, sizeof *one->frame);
        one->frame[0] = line;
        one->count = line ? 1 : 0;
        return one;
}

static void add_chain(struct chains *chains, int64_t id, unsigned flags, const struct chain *outer, const char *text)
{
        size_t own = read_lines(chains, text);
        struct stack *part = arena_alloc(chains->arena, sizeof *part);
        struct chain chain = {.id = id, .part = part};

        if (outer && outer->lines > LINES_MAX)
                outer = NULL;
        chain.lines = own + (outer ? outer->lines : 0);
        *part = (struct stack){.frame = arena_alloc(chains->arena, own * sizeof *part->frame),
                               .count = chain.lines,
                               .flags = flags,
                               .inner = own,
                               .outer = outer ? outer->part : NULL};
        if (own)
                memcpy(part->frame, chains->line, own * sizeof *part->frame);
        chain.startup = count_startup(part, outer);
        if (!(flags & (STACK_TRUNCATED | STACK_BROKEN)))
                part->count -= chain.startup; /* else its outer end is not what calls main */
        chain.shown = reduced(part, chains->by, chains->arena);
        chains->chain = xgrow(chains->chain, chains->count, &chains->capacity, sizeof *chains->chain);
        chains->chain[chains->count++] = chain;
}

struct chains *chains_load(struct profile *profile, enum places_by by, struct arena *arena)
{
        struct chains *chains = xcalloc(1, sizeof *chains);
        struct sqlite3_stmt *rows =
                profile_query(profile, "SELECT id, flags, ifnull(outer, 0), frames FROM stack ORDER BY id", NULL, 0);

        *chains = (struct chains){.by = by, .arena = arena, .frames = frames_load(profile, by, arena)};
        chains->none = arena_alloc(arena, sizeof *chains->none);
        while (profile_next(profile, rows))
                add_chain(chains, row_integer(rows, 0), (unsigned)row_integer(rows, 1),
                          find(chains, row_integer(rows, 2)), row_text(rows, 3));
        frames_free(chains->frames);
        free(chains->line);
        chains->frames = NULL;
        chains->line = NULL;
        return chains;
}

struct stack *chains_find(const struct chains *chains, int64_t id)
{
        const struct chain *chain = find(chains, id);

        return chain ? chain->shown : chains->none;
}

void chains_free(struct chains *chains)
{
        free(chains->chain);
        free(chains);
}
