/* Places of both profiles by the hash of their stacks, and what differs. */
#include "analyzer/analyses/compare.h"

#include "analyzer/analyses/analysis.h"
#include "analyzer/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { OLD, NEW, SIDES };

struct side {
        struct profile *profile;
        struct places places;
        struct suppressed suppressed;
        struct lost lost;
        int64_t duration_ns, peak_bytes, live_bytes, live_blocks, allocations;
};

/* A place of one side, or, merged, of both. */
struct item {
        uint64_t hash;
        const struct stack *stack;
        struct lost_sum sum[SIDES]; /* blocks and bytes */
};

struct items {
        struct item *item;
        size_t count, capacity;
};

/* --- which stacks are the same ----------------------------------------------------------------------------------- */

static uint64_t text_hash(uint64_t hash, const char *text)
{
        for (; *text; text++)
                hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3); /* FNV-1a */
        return hash * UINT64_C(0x100000001b3);
}

static uint64_t stack_hash(const struct stack *stack)
{
        struct stack_walk walk = stack_walk(stack);
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (const struct frame *frame; (frame = stack_next(&walk));) {
                if (frame->function) {
                        hash = text_hash(hash, frame->function);
                } else {
                        hash = text_hash(hash, frame->module ? path_base(frame->module) : "");
                        hash = (hash ^ (uint64_t)frame->offset) * UINT64_C(0x100000001b3);
                }
        }
        return hash;
}

static bool frame_same(const struct frame *a, const struct frame *b)
{
        if (a == b)
                return true;
        if (a->function || b->function)
                return a->function && b->function && strcmp(a->function, b->function) == 0;
        return a->offset == b->offset &&
               strcmp(a->module ? path_base(a->module) : "", b->module ? path_base(b->module) : "") == 0;
}

static bool stack_same(const struct stack *left, const struct stack *right)
{
        struct stack_walk a = stack_walk(left), b = stack_walk(right);

        if (left->count != right->count)
                return false;
        for (const struct frame *frame; (frame = stack_next(&a));)
                if (!frame_same(frame, stack_next(&b)))
                        return false;
        return true;
}

/* --- the places of both ------------------------------------------------------------------------------------------ */

static void item_add(struct items *items, const struct stack *stack, int side, int64_t blocks, int64_t bytes)
{
        if (blocks == 0 && bytes == 0)
                return;
        items->item = xgrow(items->item, items->count, &items->capacity, sizeof *items->item);
        items->item[items->count] = (struct item){.hash = stack_hash(stack), .stack = stack};
        items->item[items->count++].sum[side] = (struct lost_sum){blocks, bytes};
}

static void items_of_side(struct items *items, const struct side *side, int which, enum compare_what what)
{
        for (size_t i = 0; what != COMPARE_LEAKS && i < side->places.place_count; i++) {
                const struct place *place = &side->places.place[i];
                const struct sums *sums = &place->sums;

                if (what == COMPARE_LIVE)
                        item_add(items, place->stack, which, sums->live_blocks, sums->live_bytes);
                else if (what == COMPARE_PEAK)
                        item_add(items, place->stack, which, sums->peak_blocks, sums->peak_bytes);
                else
                        item_add(items, place->stack, which, saturating_sum(sums->allocations, sums->resizes),
                                 sums->requested);
        }
        for (size_t i = 0; what == COMPARE_LEAKS && i < side->lost.place_count; i++) {
                const struct lost_place *place = &side->lost.place[i];

                if (place->class == LOST_DEFINITE)
                        item_add(items, place->stack, which, saturating_sum(place->sum.blocks, place->held_sum.blocks),
                                 saturating_sum(place->sum.bytes, place->held_sum.bytes));
        }
}

/* The new one's stack first, so that what is shown has its lines. */
static int item_compare(const void *left, const void *right)
{
        const struct item *a = left, *b = right;

        if (a->hash != b->hash)
                return a->hash < b->hash ? -1 : 1;
        return (b->sum[NEW].blocks != 0) - (a->sum[NEW].blocks != 0);
}

static void item_merge(struct item *to, const struct item *from)
{
        for (int side = 0; side < SIDES; side++) {
                to->sum[side].blocks = saturating_sum(to->sum[side].blocks, from->sum[side].blocks);
                to->sum[side].bytes = saturating_sum(to->sum[side].bytes, from->sum[side].bytes);
        }
}

static void items_merge(struct items *items)
{
        size_t kept = 0;

        if (items->count)
                qsort(items->item, items->count, sizeof *items->item, item_compare);
        for (size_t i = 0; i < items->count; i++) {
                struct item *item = &items->item[i];
                size_t at = kept;

                while (at > 0 && items->item[at - 1].hash == item->hash &&
                       !stack_same(items->item[at - 1].stack, item->stack))
                        at--;
                if (at > 0 && items->item[at - 1].hash == item->hash)
                        item_merge(&items->item[at - 1], item);
                else
                        items->item[kept++] = *item;
        }
        items->count = kept;
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

enum { CHANGE_BYTES = 0, CHANGE_BLOCKS = 3 }; /* columns */

static struct table *table_make(const char *key, const char *title, size_t rows, const char *blocks)
{
        struct table *table = table_create(key, title);

        table_column(table, "change_bytes", "change", UNIT_BYTES, true);
        table_column(table, "old_bytes", "old", UNIT_BYTES, true);
        table_column(table, "new_bytes", "new", UNIT_BYTES, true);
        table_column(table, "change_blocks", blocks, UNIT_COUNT, true);
        table_column(table, "old_blocks", "old", UNIT_COUNT, true);
        table_column(table, "new_blocks", "new", UNIT_COUNT, true);
        table_column(table, "state", "", UNIT_TEXT, false);
        table_detail(table, "weight", UNIT_BYTES); /* the change without its sign, for the order */
        table_limit(table, "weight", rows);
        return table;
}

static void put_item(struct table *table, const struct item *item)
{
        const struct lost_sum *old = &item->sum[OLD], *new = &item->sum[NEW];
        int64_t change = new->bytes - old->bytes;

        table_row(table, item->stack);
        table_put(table, change);
        table_put(table, old->bytes);
        table_put(table, new->bytes);
        table_put(table, new->blocks - old->blocks);
        table_put(table, old->blocks);
        table_put(table, new->blocks);
        table_put_text(table, old->blocks == 0 ? "new" : new->blocks == 0 ? "gone" : "in both");
        table_put(table, change < 0 ? -change : change);
}

static void tell_sums(struct table *table, const struct items *items, const char *blocks)
{
        struct item sum = {0};
        size_t same = 0;

        for (size_t i = 0; i < items->count; i++) {
                const struct item *item = &items->item[i];

                item_merge(&sum, item);
                same += item->sum[OLD].bytes == item->sum[NEW].bytes && item->sum[OLD].blocks == item->sum[NEW].blocks;
        }
        table_note(table, "%s in %s %s, then %s in %s", unit_bytes(sum.sum[OLD].bytes).text,
                   unit_count(sum.sum[OLD].blocks).text, blocks, unit_bytes(sum.sum[NEW].bytes).text,
                   unit_count(sum.sum[NEW].blocks).text);
        if (same)
                table_note(table, "%s place%s without a difference", unit_count((int64_t)same).text,
                           plural((int64_t)same));
}

static struct table *compare(const struct side side[SIDES], enum compare_what what, size_t rows)
{
        static const struct {
                const char *key, *title, *blocks;
        } text[] = {
                [COMPARE_LIVE] = {"live", "LIVE", "blocks"},
                [COMPARE_PEAK] = {"peak", "PEAK", "blocks"},
                [COMPARE_ALLOCATED] = {"allocated", "ALLOCATED", "allocations"},
                [COMPARE_LEAKS] = {"leaks", "LEAKS", "blocks"},
        };
        struct table *table;
        struct items items = {0};

        if (what == COMPARE_LEAKS && !(side[OLD].lost.known && side[NEW].lost.known)) {
                table = table_create(text[what].key, text[what].title);
                table_note(table, "%s not scanned for leaks",
                           !side[OLD].lost.known && !side[NEW].lost.known ? "both were"
                           : side[OLD].lost.known                         ? "the new one was"
                                                                          : "the old one was");
                return table;
        }
        table = table_make(text[what].key, text[what].title, rows, text[what].blocks);
        for (int which = 0; which < SIDES; which++)
                items_of_side(&items, &side[which], which, what);
        items_merge(&items);
        for (size_t i = 0; i < items.count; i++)
                if (items.item[i].sum[OLD].bytes != items.item[i].sum[NEW].bytes ||
                    items.item[i].sum[OLD].blocks != items.item[i].sum[NEW].blocks)
                        put_item(table, &items.item[i]);
        table_sort(table, "weight");
        tell_sums(table, &items, text[what].blocks);
        free(items.item);
        return table;
}

/* "+1.0 MiB", "-12 %" */
static struct unit_text change(int64_t old, int64_t new, enum unit unit)
{
        struct unit_text text = unit_format(unit, new - old, 0);

        if (new > old) {
                memmove(text.text + 1, text.text, sizeof text.text - 1);
                text.text[0] = '+';
                text.text[sizeof text.text - 1] = '\0';
        }
        return text;
}

static void total(struct table *table, const char *label, const char *const key[SIDES], enum unit unit, int64_t old,
                  int64_t new)
{
        table_fact(table, key[OLD], unit, old);
        table_fact(table, key[NEW], unit, new);
        table_line(table, label, "%s, then %s%s%s%s", unit_format(unit, old, 0).text, unit_format(unit, new, 0).text,
                   old == new ? "" : " (", old == new ? "" : change(old, new, unit).text, old == new ? "" : ")");
}

static struct table *totals(const struct side side[SIDES])
{
        struct table *table = table_create("summary", "SUMMARY");
        const struct side *old = &side[OLD], *new = &side[NEW];

        table->record = true;
        total(table, "time", (const char *const[]){"old_duration_ns", "new_duration_ns"}, UNIT_NS, old->duration_ns,
              new->duration_ns);
        total(table, "allocations", (const char *const[]){"old_allocations", "new_allocations"}, UNIT_COUNT,
              old->allocations, new->allocations);
        total(table, "peak", (const char *const[]){"old_peak_bytes", "new_peak_bytes"}, UNIT_BYTES, old->peak_bytes,
              new->peak_bytes);
        total(table, "live", (const char *const[]){"old_live_bytes", "new_live_bytes"}, UNIT_BYTES, old->live_bytes,
              new->live_bytes);
        total(table, "live blocks", (const char *const[]){"old_live_blocks", "new_live_blocks"}, UNIT_COUNT,
              old->live_blocks, new->live_blocks);
        return table;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

static void side_load(struct side *side, struct profile *profile, const struct compare_options *options)
{
        size_t process_count;
        const struct process *process = profile_processes(profile, &process_count);

        side->profile = profile;
        places_load(profile, options->by, &side->places);
        suppressed_load(profile, &options->suppress, &side->suppressed);
        lost_load(profile, &side->places, &side->suppressed, &side->lost);
        side->duration_ns = meta_integer(profile, "duration_ns");
        for (size_t i = 0; i < process_count; i++) {
                side->peak_bytes = saturating_sum(side->peak_bytes, process[i].peak_bytes);
                side->live_bytes = saturating_sum(side->live_bytes, process[i].live_bytes);
                side->live_blocks = saturating_sum(side->live_blocks, process[i].live_blocks);
                side->allocations = saturating_sum(side->allocations, process[i].allocations);
        }
}

static void side_free(struct side *side, struct findings *findings)
{
        arena_join(&findings->arena, &side->places.arena); /* the tables borrow the stacks */
        lost_free(&side->lost);
        suppressed_free(&side->suppressed);
        places_free(&side->places);
}

void compare_run(struct profile *const profile[2], const char *const name[2], const struct compare_options *options,
                 struct findings *ret_findings)
{
        struct side side[SIDES] = {0};

        *ret_findings = (struct findings){0};
        for (int which = 0; which < SIDES; which++)
                side_load(&side[which], profile[which], options);
        findings_title(ret_findings, meta_text(profile[NEW], "heaptap_version"), "heaptap: from %s to %s", name[OLD],
                       name[NEW]);
        if (options->what == COMPARE_ALL)
                findings_add(ret_findings, totals(side));
        for (enum compare_what what = COMPARE_LIVE; what <= COMPARE_LEAKS; what++)
                if (options->what == what || options->what == COMPARE_ALL)
                        findings_add(ret_findings, compare(side, what, options->rows));
        for (int which = 0; which < SIDES; which++)
                side_free(&side[which], ret_findings);
}

enum compare_verdict compare_leaks(const struct findings *findings)
{
        const struct table *table = findings->count ? findings->table[findings->count - 1] : NULL;

        if (!table || strcmp(table->key, "leaks") != 0 || table->column_count == 0)
                return COMPARE_UNKNOWN;
        for (size_t i = 0; i < table->row_count; i++)
                if (table->row[i].cell[CHANGE_BYTES].whole > 0 || table->row[i].cell[CHANGE_BLOCKS].whole > 0)
                        return COMPARE_GROWN;
        return COMPARE_KEPT;
}
