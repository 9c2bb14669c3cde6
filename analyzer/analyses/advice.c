/* ADVICE: what to change first. Each kind of advice looks for places where a remedy is known and saves something worth
 * the trouble: memory, as a share of the peak, or calls of the allocator, as a share of them all. */
#include "analyzer/analyses/analysis.h"

#include <stdarg.h>
#include <stdlib.h>

#include "analyzer/xalloc.h"

enum {
        ADVICE_MAX = 5,
        KIND_MAX = 2,      /* of one kind: five leaks are the business of LEAKS */
        BYTES_MIN = 65536, /* less is not worth reading about */
        CALLS_MIN = 10000,
        STEPS_MIN = 16, /* resizes of a block that may be many */
        PINNED_BYTES_MIN = 1 << 20,
};
#define SHARE_MIN    0.01
#define CALLS_WEIGHT 0.25 /* a share of the calls beside the same share of the memory */

struct advice {
        const char *kind;
        const struct stack *stack;
        int64_t bytes, calls; /* what is saved; one of them 0 */
        double share, weight;
        const char *text;
};

struct list {
        const struct evidence *evidence;
        int64_t memory, calls; /* all there is to save: usable bytes at the peak or at the end, and calls */
        struct advice *advice;
        size_t count, capacity;
        struct arena *arena;
};

static void __attribute__((format(printf, 6, 7))) advise(struct list *list, const char *kind, const struct stack *stack,
                                                         int64_t bytes, int64_t calls, const char *format, ...)
{
        double part = bytes ? share(bytes, list->memory) : share(calls, list->calls);
        va_list arguments;

        if (part < SHARE_MIN || (bytes ? bytes < BYTES_MIN : calls < CALLS_MIN))
                return;
        list->advice = xgrow(list->advice, list->count, &list->capacity, sizeof *list->advice);
        va_start(arguments, format);
        list->advice[list->count++] = (struct advice){
                .kind = kind,
                .stack = stack,
                .bytes = bytes,
                .calls = calls,
                .share = part,
                .weight = bytes ? part : part * CALLS_WEIGHT,
                .text = arena_format(list->arena, format, arguments),
        };
        va_end(arguments);
}

/* --- the kinds --------------------------------------------------------------------------------------------------- */

static void lost(struct list *list)
{
        const struct lost *lost = &list->evidence->lost;

        for (size_t i = 0; i < lost->place_count; i++) {
                const struct lost_place *place = &lost->place[i];
                int64_t blocks = saturating_sum(place->sum.blocks, place->held_sum.blocks);

                if (place->class == LOST_DEFINITE)
                        advise(list, "lost", place->stack, saturating_sum(place->sum.bytes, place->held_sum.bytes), 0,
                               "free %s block%s that nothing points to any more%s", unit_count(blocks).text,
                               plural(blocks), place->rate > 0 ? "; more keep coming" : "");
        }
}

static bool is_lost(const struct lost *lost, const struct stack *stack)
{
        for (size_t i = 0; i < lost->place_count; i++)
                if (lost->place[i].class != LOST_REACHABLE && stack_compare(lost->place[i].stack, stack) == 0)
                        return true;
        return false;
}

static void growing(struct list *list)
{
        const struct evidence *evidence = list->evidence;

        for (size_t i = 0; i < evidence->growth.count; i++) {
                const struct growing *growing = &evidence->growth.growing[i];
                const struct stack *stack = evidence->places.place[growing->place].stack;

                if (!is_lost(&evidence->lost, stack))
                        advise(list, "growth", stack, growing->live_bytes, 0,
                               "limit what keeps these: it %sgrows by %s",
                               evidence->lost.known ? "is still pointed to, and " : "", unit_rate(growing->rate).text);
        }
}

/* The sizes that a place asked for, of all its sites. */
static void sizes_of(const struct evidence *evidence, size_t place, int64_t *ret_least, int64_t *ret_most)
{
        *ret_least = *ret_most = 0;
        for (size_t i = 0; i < evidence->places.site_count; i++) {
                const struct site *site = &evidence->places.site[i];

                if (site->place != place)
                        continue;
                for (struct sqlite3_stmt *rows = profile_query(
                             evidence->profile, "SELECT size_min, size_max FROM site WHERE id = ?1", &site->id, 1);
                     profile_next(evidence->profile, rows);) {
                        int64_t least = row_integer(rows, 0), most = row_integer(rows, 1);

                        *ret_least = *ret_least && *ret_least < least ? *ret_least : least;
                        *ret_most = *ret_most > most ? *ret_most : most;
                }
        }
}

/* How often a block that grows from one size to the other is resized if it grows by half each time. */
static int64_t resizes_by_half(int64_t least, int64_t most)
{
        int64_t count = 0;

        for (int64_t size = least > 16 ? least : 16; size < most && count < STEPS_MIN * 4; size += size / 2)
                count++;
        return count;
}

static void resized(struct list *list)
{
        const struct places *places = &list->evidence->places;

        for (size_t i = 0; i < places->place_count; i++) {
                const struct sums *sums = &places->place[i].sums;
                int64_t blocks = sums->allocations > 0 ? sums->allocations : 1, least, most, enough;

                if (sums->resizes < CALLS_MIN || sums->resizes / blocks < STEPS_MIN)
                        continue;
                sizes_of(list->evidence, i, &least, &most);
                enough = blocks * resizes_by_half(least, most);
                if (sums->resizes > 4 * enough)
                        advise(list, "resizes", places->place[i].stack, 0, sums->resizes - enough,
                               "make blocks that grow half as big again each time: %s resizes here, %s would do",
                               unit_count(sums->resizes).text, unit_count(enough).text);
        }
}

/* The size of block below the one that a request of so many bytes gets; 0: there is none. */
static int64_t class_below(const struct evidence *evidence, int64_t size)
{
        int64_t bytes = 0;

        for (struct sqlite3_stmt *rows = profile_query(
                     evidence->profile, "SELECT max(block_bytes) FROM pool WHERE kind = 'small' AND block_bytes < ?1",
                     &size, 1);
             profile_next(evidence->profile, rows);)
                bytes = row_integer(rows, 0);
        return bytes;
}

static void rounded(struct list *list)
{
        const struct places *places = &list->evidence->places;

        for (size_t i = 0; i < places->place_count; i++) {
                const struct sums *sums = &places->place[i].sums;
                int64_t least, most, block, below;

                if (sums->peak_blocks <= 0 || sums->peak_usable - sums->peak_bytes < BYTES_MIN)
                        continue;
                if (is_lost(&list->evidence->lost, places->place[i].stack))
                        continue;
                sizes_of(list->evidence, i, &least, &most);
                block = sums->peak_usable / sums->peak_blocks;
                below = class_below(list->evidence, least);
                /* Where sizes differ, none is the one to change; where much is to be cut off, it will be needed. */
                if (least != most || below == 0 || least - below > least / 8)
                        continue;
                advise(list, "rounding", places->place[i].stack, sums->peak_blocks * (block - below), 0,
                       "make these %s smaller: %s takes a block of %s, %s would not", unit_bytes(least - below).text,
                       unit_bytes(least).text, unit_bytes(block).text, unit_bytes(below).text);
        }
}

static void temporary(struct list *list)
{
        const struct places *places = &list->evidence->places;

        for (size_t i = 0; i < places->place_count; i++) {
                const struct sums *sums = &places->place[i].sums;

                advise(list, "temporary", places->place[i].stack, 0, sums->temporary,
                       "use one buffer again, or the stack: %s of these blocks are freed at once",
                       unit_ratio(share(sums->temporary, sums->allocations)).text);
        }
}

static void pinning(struct list *list)
{
        const struct places *places = &list->evidence->places;

        for (size_t i = 0; i < places->place_count; i++) {
                const struct sums *sums = &places->place[i].sums;

                if (sums->pinned_bytes >= PINNED_BYTES_MIN)
                        advise(list, "pinning", places->place[i].stack, sums->pinned_bytes, 0,
                               "allocate these %s block%s before or apart from what is freed: the rest of their slabs "
                               "is empty",
                               unit_count(sums->pinning_blocks).text, plural(sums->pinning_blocks));
        }
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static int heavier(const void *left, const void *right)
{
        const struct advice *a = left, *b = right;

        if (a->weight != b->weight)
                return a->weight < b->weight ? 1 : -1;
        return stack_compare(a->stack, b->stack);
}

/* Of its kind, among those before it. */
static size_t of_its_kind(const struct list *list, size_t which)
{
        size_t count = 0;

        for (size_t i = 0; i < which; i++)
                count += list->advice[i].kind == list->advice[which].kind;
        return count;
}

static void put_saved(struct table *table, int64_t saved)
{
        if (saved)
                table_put(table, saved);
        else
                table_put_unknown(table);
}

static void put_rows(const struct list *list, struct table *table)
{
        for (size_t i = 0; i < list->count && table->row_count < ADVICE_MAX; i++) {
                const struct advice *advice = &list->advice[i];

                if (of_its_kind(list, i) >= KIND_MAX)
                        continue;
                table_row(table, advice->stack);
                put_saved(table, advice->bytes);
                put_saved(table, advice->calls);
                table_put_real(table, advice->share);
                table_put_text(table, advice->text);
                table_put_text(table, advice->kind);
        }
}

static void find(struct list *list)
{
        lost(list);
        growing(list);
        resized(list);
        rounded(list);
        temporary(list);
        pinning(list);
        if (list->count)
                qsort(list->advice, list->count, sizeof *list->advice, heavier);
}

struct table *analysis_advice(const struct evidence *evidence)
{
        struct table *table = table_create("advice", "ADVICE");
        const struct sums *all = &evidence->places.all;
        struct list list = {
                .evidence = evidence,
                .memory = all->peak_usable > all->live_usable ? all->peak_usable : all->live_usable,
                .calls = saturating_sum(saturating_sum(all->allocations, all->frees), all->resizes),
                .arena = &table->arena,
        };

        table_column(table, "bytes", "memory", UNIT_BYTES, false);
        table_column(table, "calls", "calls", UNIT_COUNT, false);
        table_column(table, "share", "share", UNIT_RATIO, false);
        table_column(table, "advice", "what to change", UNIT_TEXT, false);
        table_detail(table, "kind", UNIT_TEXT);
        table->whole = true;
        find(&list);
        put_rows(&list, table);
        if (table->row_count)
                table_note(table, "what it would save: of the memory at its peak, or of all calls of the allocator%s",
                           words_over(evidence));
        else
                table_note(table, "nothing found that would save a hundredth of the memory or of the calls");
        free(list.advice);
        return table;
}
