/* REACHABLE: what a scan found alive that something still points at, and, if that was asked for, who does. */
#include "analyzer/analyses/analysis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/chains.h"
#include "analyzer/analyses/frames.h"
#include "analyzer/xalloc.h"

enum { LINKS_MAX = 64 };

/* Who points at the blocks of a stack, one line a link, the root first. */
struct trail {
        const struct stack *stack, *links;
};

struct trails {
        struct trail *trail;
        size_t count, capacity;
};

/* The columns of a link. */
enum {
        LINK_PROCESS,
        LINK_STACK,
        LINK_KIND,
        LINK_TID,
        LINK_ADDRESS,
        LINK_MODULE,
        LINK_SYMBOL,
        LINK_SYMBOL_OFFSET,
        LINK_BLOCK_STACK,
        LINK_BLOCK_BYTES,
        LINK_OFFSET,
};

static const char *format(struct arena *arena, const char *text, ...) __attribute__((format(printf, 2, 3)));
static const char *format(struct arena *arena, const char *text, ...)
{
        va_list arguments;
        const char *made;

        va_start(arguments, text);
        made = arena_format(arena, text, arguments);
        va_end(arguments);
        return made;
}

static const char *data_words(struct sqlite3_stmt *row, struct arena *arena)
{
        const char *symbol = row_text(row, LINK_SYMBOL);

        if (!symbol)
                return format(arena, "data at 0x%" PRIx64, (uint64_t)row_address(row, LINK_ADDRESS));
        if (row_integer(row, LINK_SYMBOL_OFFSET))
                return format(arena, "global %s+%" PRId64, symbol, row_integer(row, LINK_SYMBOL_OFFSET));
        return format(arena, "global %s", symbol);
}

static const char *root_words(struct sqlite3_stmt *row, const char *kind, struct arena *arena)
{
        uint64_t address = (uint64_t)row_address(row, LINK_ADDRESS);
        int64_t tid = row_integer(row, LINK_TID);
        char thread[40] = ""; /* whose is not always known */

        if (strcmp(kind, "data") == 0)
                return data_words(row, arena);
        if (tid)
                snprintf(thread, sizeof thread, " of thread %" PRId64, tid);
        if (strcmp(kind, "stack") == 0)
                return format(arena, "stack%s, at 0x%" PRIx64, thread, address);
        if (strcmp(kind, "register") == 0)
                return format(arena, "a register%s", thread);
        if (strcmp(kind, "thread-local") == 0)
                return format(arena, "thread-local memory%s", thread);
        if (strcmp(kind, "mapping") == 0)
                return format(arena, "memory mapped by the program, at 0x%" PRIx64, address);
        return strcmp(kind, "cut") == 0 ? "→ …" : "unknown";
}

/* The innermost function that is no wrapper of the allocation; NULL: no stack. */
static const struct frame *site_of(const struct stack *stack)
{
        struct stack_walk walk = stack_walk(stack);
        const struct frame *line = stack_next(&walk);

        while (line && walk.left && frame_is_wrapper(line))
                line = stack_next(&walk);
        return line;
}

static struct frame block_line(struct sqlite3_stmt *row, const struct chains *chains, struct arena *arena)
{
        const struct frame *site = site_of(chains_find(chains, row_integer(row, LINK_BLOCK_STACK)));
        struct frame line = site ? *site : (struct frame){.offset = FRAME_NO_OFFSET};
        struct unit_text bytes = unit_bytes(row_integer(row, LINK_BLOCK_BYTES));

        if (row_is_null(row, LINK_OFFSET))
                line.function = format(arena, "→ block of %s from %s", bytes.text,
                                       line.function ? line.function : "code without symbols");
        else
                line.function =
                        format(arena, "→ block of %s, at +%" PRId64 ", from %s", bytes.text,
                               row_integer(row, LINK_OFFSET), line.function ? line.function : "code without symbols");
        line.inlined = false;
        return line;
}

static const struct frame *link_line(struct sqlite3_stmt *row, const struct chains *chains, struct arena *arena)
{
        const char *kind = row_text(row, LINK_KIND), *module = row_text(row, LINK_MODULE);
        struct frame *line = arena_alloc(arena, sizeof *line);

        if (kind && strcmp(kind, "block") == 0)
                *line = block_line(row, chains, arena);
        else
                *line = (struct frame){.function = root_words(row, kind ? kind : "", arena),
                                       .module = arena_text(arena, module),
                                       .offset = FRAME_NO_OFFSET};
        return line;
}

static void end_trail(struct trails *trails, const struct stack *stack, const struct frame **line, size_t count,
                      struct arena *arena)
{
        struct stack *links;

        if (!count)
                return;
        links = arena_alloc(arena, sizeof *links);
        links->frame = arena_alloc(arena, count * sizeof *links->frame);
        memcpy(links->frame, line, count * sizeof *links->frame);
        links->count = count;
        trails->trail = xgrow(trails->trail, trails->count, &trails->capacity, sizeof *trails->trail);
        trails->trail[trails->count++] = (struct trail){stack, links};
}

static int trail_compare(const void *left, const void *right)
{
        const struct trail *a = left, *b = right;

        return stack_compare(a->stack, b->stack);
}

static void load_trails(const struct evidence *evidence, struct arena *arena, struct trails *trails)
{
        static const char query[] =
                "SELECT leak_link.process, stack, kind, tid, address, module.path, symbol, symbol_offset, "
                "ifnull(block_stack, 0), block_bytes, offset FROM leak_link LEFT JOIN module ON module.id = module "
                "ORDER BY leak_link.process, stack, position";
        const struct frame *line[LINKS_MAX];
        size_t count = 0;
        int64_t process = 0, id = 0;
        const struct chains *chains = evidence->places.chains;

        for (struct sqlite3_stmt *rows = profile_query(evidence->profile, query, NULL, 0);
             profile_next(evidence->profile, rows);) {
                if (row_integer(rows, LINK_PROCESS) != process || row_integer(rows, LINK_STACK) != id) {
                        end_trail(trails, chains_find(chains, id), line, count, arena);
                        count = 0;
                        process = row_integer(rows, LINK_PROCESS);
                        id = row_integer(rows, LINK_STACK);
                }
                if (count < LINKS_MAX)
                        line[count++] = link_line(rows, chains, arena);
        }
        end_trail(trails, chains_find(chains, id), line, count, arena);
        if (trails->count)
                qsort(trails->trail, trails->count, sizeof *trails->trail, trail_compare);
}

static const struct stack *links_of(const struct trails *trails, const struct stack *stack)
{
        const struct trail key = {stack, NULL}, *found = NULL;

        if (trails->count)
                found = bsearch(&key, trails->trail, trails->count, sizeof *trails->trail, trail_compare);
        return found ? found->links : NULL;
}

struct reached {
        const struct stack *stack;
        int64_t blocks, bytes, first_ns, last_ns;
};

static int reached_compare(const void *left, const void *right)
{
        const struct reached *a = left, *b = right;

        return stack_compare(a->stack, b->stack);
}

/* Of stacks that look the same the first row takes them all. */
static size_t merge(struct reached *row, size_t count)
{
        size_t kept = 0;

        if (count)
                qsort(row, count, sizeof *row, reached_compare);
        for (size_t i = 0; i < count; i++) {
                struct reached *to = kept ? &row[kept - 1] : NULL;

                if (!to || stack_compare(to->stack, row[i].stack) != 0) {
                        row[kept++] = row[i];
                        continue;
                }
                to->blocks = saturating_sum(to->blocks, row[i].blocks);
                to->bytes = saturating_sum(to->bytes, row[i].bytes);
                to->first_ns = row[i].first_ns < to->first_ns ? row[i].first_ns : to->first_ns;
                to->last_ns = row[i].last_ns > to->last_ns ? row[i].last_ns : to->last_ns;
        }
        return kept;
}

static struct reached *load_reached(const struct evidence *evidence, size_t *ret_count)
{
        struct reached *row = NULL;
        size_t count = 0, capacity = 0;

        for (struct sqlite3_stmt *rows = profile_query(
                     evidence->profile,
                     "SELECT stack, blocks, bytes, first_ns, last_ns FROM leak WHERE class = 'reachable'", NULL, 0);
             profile_next(evidence->profile, rows);) {
                row = xgrow(row, count, &capacity, sizeof *row);
                row[count++] = (struct reached){chains_find(evidence->places.chains, row_integer(rows, 0)),
                                                row_integer(rows, 1), row_integer(rows, 2), row_integer(rows, 3),
                                                row_integer(rows, 4)};
        }
        *ret_count = merge(row, count);
        return row;
}

static void put_rows(const struct evidence *evidence, struct table *table, const struct trails *trails)
{
        size_t count;
        struct reached *row = load_reached(evidence, &count);

        for (size_t i = 0; i < count; i++) {
                table_row(table, row[i].stack);
                table_put(table, row[i].bytes);
                table_put(table, row[i].blocks);
                table_put(table, row[i].first_ns);
                table_put(table, row[i].last_ns);
                if (trails->count)
                        table_stack(table, "reached_from", "reached from", links_of(trails, row[i].stack));
        }
        free(row);
        table_sort(table, "bytes");
}

struct table *analysis_reachable(const struct evidence *evidence)
{
        struct table *table = table_create("reachable", "REACHABLE");
        const struct lost_sum *sum = &evidence->lost.sum[LOST_REACHABLE];
        struct trails trails = {0};

        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "first_ns", "first born", UNIT_NS, false);
        table_column(table, "last_ns", "last born", UNIT_NS, false);
        if (!evidence->lost.known) {
                table_note(table, "no scan for leaks was completed, so nothing is known");
                return table;
        }
        load_trails(evidence, &table->arena, &trails);
        put_rows(evidence, table, &trails);
        table_note(table, "%s in %s block%s still reachable%s", unit_bytes(sum->bytes).text,
                   unit_count(sum->blocks).text, plural(sum->blocks), words_over(evidence));
        if (!trails.count && table->row_count)
                table_note(table, "a run with --who tells who points there");
        free(trails.trail);
        return table;
}
