/* Rows of the profile get their stacks, are suppressed or not, and are merged by what their stacks look like. */
#include "analyzer/analyses/lost.h"

#include "analyzer/analyses/chains.h"
#include "analyzer/findings/unit.h"
#include "analyzer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RISES_MIN = 2 }; /* that something was lost again and again takes three scans to see */

struct row {
        enum lost_class class;
        const struct stack *stack, *root, *whole, *whole_root; /* roots: NULL if there is none */
        struct lost_sum sum;
        int64_t first_ns, last_ns, at;
        unsigned flags;
        bool main;
        double rate;
};

static void add(struct lost_sum *to, struct lost_sum more)
{
        to->blocks = saturating_sum(to->blocks, more.blocks);
        to->bytes = saturating_sum(to->bytes, more.bytes);
}

static void load_scans(struct profile *profile, struct lost *lost)
{
        static const char query[] =
                "SELECT process, pid, number, leak_scan.flags, leak_scan.threads, threads_silent, time_ns, pause_ns, "
                "pause_max_ns, scan_ns, root_bytes, heap_bytes, scans, definite_blocks, definite_bytes, "
                "possible_blocks, possible_bytes, indirect_blocks, indirect_bytes, reachable_blocks, reachable_bytes, "
                "why, leak_scan.walk FROM leak_scan JOIN process ON process.id = process ORDER BY process";
        size_t capacity = 0;

        for (struct sqlite3_stmt *rows = profile_query(profile, query, NULL, 0); profile_next(profile, rows);) {
                struct lost_scan scan;
                int64_t *const number[] = {
                        &scan.process,        &scan.pid,        &scan.number,   &scan.flags,        &scan.threads,
                        &scan.threads_silent, &scan.time_ns,    &scan.pause_ns, &scan.pause_max_ns, &scan.scan_ns,
                        &scan.root_bytes,     &scan.heap_bytes, &scan.scans};
                enum { NUMBERS = sizeof number / sizeof *number };
                const char *why = row_text(rows, NUMBERS + 2 * LOST_CLASSES),
                           *walk = row_text(rows, NUMBERS + 2 * LOST_CLASSES + 1);

                for (int i = 0; i < NUMBERS; i++)
                        *number[i] = row_integer(rows, i);
                for (int i = 0; i < LOST_CLASSES; i++)
                        scan.sum[i] = (struct lost_sum){row_integer(rows, NUMBERS + 2 * i),
                                                        row_integer(rows, NUMBERS + 2 * i + 1)};
                snprintf(scan.why, sizeof scan.why, "%s", why ? why : "");
                snprintf(scan.walk, sizeof scan.walk, "%s", walk ? walk : "");
                lost->scan = xgrow(lost->scan, lost->scan_count, &capacity, sizeof *lost->scan);
                lost->scan[lost->scan_count++] = scan;
        }
}

static void find_main(struct profile *profile, struct lost *lost)
{
        size_t count;
        const struct process *process = profile_processes(profile, &count);

        for (size_t i = 0; i < lost->scan_count; i++) {
                if (lost->scan[i].flags & SCAN_INCOMPLETE)
                        continue;
                lost->known = true;
                add(&lost->sum[LOST_REACHABLE], lost->scan[i].sum[LOST_REACHABLE]);
                if (!count || lost->scan[i].process != process[0].id)
                        continue;
                lost->main = &lost->scan[i];
                lost->main_sum[LOST_REACHABLE] = lost->scan[i].sum[LOST_REACHABLE];
        }
}

/* Of what was lost between the scan at base_ns and the last one. */
static double rate_of(int64_t rises, int64_t bytes, int64_t ns)
{
        return rises >= RISES_MIN && bytes > 0 && ns > 0 ? (double)bytes * 1e9 / (double)ns : 0;
}

static enum lost_class class_of(const char *word)
{
        if (word && strcmp(word, "definite") == 0)
                return LOST_DEFINITE;
        return word && strcmp(word, "possible") == 0 ? LOST_POSSIBLE : LOST_INDIRECT;
}

/* All but what is reachable, in the order of the profile. `whole`: the stacks as they are. */
static struct row *load_rows(struct profile *profile, const struct chains *shown, const struct chains *whole,
                             int64_t main_process, size_t *ret_count)
{
        static const char query[] =
                "SELECT class, stack, ifnull(root, 0), leak.flags, blocks, bytes, first_ns, last_ns, leak.process, "
                "ifnull(rises, 0), bytes - ifnull(base_bytes, bytes), leak_scan.time_ns - ifnull(base_ns, 0) "
                "FROM leak JOIN leak_scan ON leak_scan.process = leak.process "
                "WHERE class <> 'reachable' AND leak_scan.flags & 2 = 0 ORDER BY leak.rowid";
        struct row *row = NULL;
        size_t count = 0, capacity = 0;

        for (struct sqlite3_stmt *rows = profile_query(profile, query, NULL, 0); profile_next(profile, rows);) {
                int64_t stack = row_integer(rows, 1), root = row_integer(rows, 2);

                row = xgrow(row, count, &capacity, sizeof *row);
                row[count] = (struct row){
                        .class = class_of(row_text(rows, 0)),
                        .stack = chains_find(shown, stack),
                        .root = root ? chains_find(shown, root) : NULL,
                        .whole = chains_find(whole, stack),
                        .whole_root = root ? chains_find(whole, root) : NULL,
                        .sum = {row_integer(rows, 4), row_integer(rows, 5)},
                        .first_ns = row_integer(rows, 6),
                        .last_ns = row_integer(rows, 7),
                        .at = (int64_t)count,
                        .flags = (unsigned)row_integer(rows, 3),
                        .main = row_integer(rows, 8) == main_process,
                        .rate = rate_of(row_integer(rows, 9), row_integer(rows, 10), row_integer(rows, 11)),
                };
                count++;
        }
        *ret_count = count;
        return row;
}

static size_t suppress(struct row *row, size_t count, struct suppressed *suppressed)
{
        size_t kept = 0;

        for (size_t i = 0; i < count; i++)
                if (!suppressed_take(suppressed, row[i].whole, row[i].whole_root, row[i].sum.blocks, row[i].sum.bytes))
                        row[kept++] = row[i];
        return kept;
}

static int compare_stacks(const struct stack *a, const struct stack *b)
{
        return a && b ? stack_compare(a, b) : (a != NULL) - (b != NULL);
}

/* What is lost by itself first, by class and stack; then the rest by root and stack. */
static int row_compare(const void *left, const void *right)
{
        const struct row *a = left, *b = right;
        int order;

        if (a->class != b->class)
                return a->class < b->class ? -1 : 1;
        order = compare_stacks(a->root, b->root);
        order = order ? order : stack_compare(a->stack, b->stack);
        return order ? order : (a->at > b->at) - (a->at < b->at);
}

static void merge(struct lost_place *place, const struct row *row)
{
        add(&place->sum, row->sum);
        place->flags |= row->flags;
        place->main |= row->main;
        place->rate += row->rate;
        if (row->first_ns < place->first_ns)
                place->first_ns = row->first_ns;
        if (row->last_ns > place->last_ns)
                place->last_ns = row->last_ns;
}

static struct lost_place *new_place(struct lost *lost, size_t *capacity, const struct row *row)
{
        struct lost_place *place;

        lost->place = xgrow(lost->place, lost->place_count, capacity, sizeof *lost->place);
        place = &lost->place[lost->place_count++];
        *place = (struct lost_place){.class = row->class,
                                     .stack = row->stack,
                                     .whole = row->whole,
                                     .first_ns = row->first_ns,
                                     .last_ns = row->last_ns};
        return place;
}

static int place_is(const struct lost_place *place, enum lost_class class, const struct stack *stack)
{
        if (place->class != class)
                return place->class < class ? -1 : 1;
        return stack_compare(place->stack, stack);
}

/* Among the first `count`, which are in the order of row_compare. NULL: none. */
static struct lost_place *find_place(struct lost *lost, size_t count, enum lost_class class, const struct stack *stack)
{
        size_t low = 0, high = count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (place_is(&lost->place[middle], class, stack) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < count && place_is(&lost->place[low], class, stack) == 0 ? &lost->place[low] : NULL;
}

/* Rows of one root and stack come one after the other. */
static void hold(struct lost_place *place, const struct row *row)
{
        struct lost_held *held = place->held_count ? &place->held[place->held_count - 1] : NULL;

        if (!held || stack_compare(held->stack, row->stack) != 0) {
                place->held = xrealloc(place->held, (place->held_count + 1) * sizeof *place->held);
                held = &place->held[place->held_count++];
                *held = (struct lost_held){.stack = row->stack};
        }
        add(&held->sum, row->sum);
        held->cycle |= (row->flags & LOST_CYCLE) != 0;
        add(&place->held_sum, row->sum);
        place->rate += row->rate;
}

static void make_places(struct lost *lost, const struct row *row, size_t count)
{
        size_t capacity = 0, direct = 0;
        struct lost_place *place = NULL;

        for (size_t i = 0; i < count; i++) {
                struct lost_place *root = NULL;

                if (row[i].class == LOST_INDIRECT && row[i].root) {
                        root = find_place(lost, direct, LOST_DEFINITE, row[i].root);
                        root = root ? root : find_place(lost, direct, LOST_POSSIBLE, row[i].root);
                }
                add(&lost->sum[row[i].class], row[i].sum);
                if (row[i].main)
                        add(&lost->main_sum[row[i].class], row[i].sum);
                if (root) {
                        hold(root, &row[i]);
                        continue;
                }
                if (!place || place_is(place, row[i].class, row[i].stack) != 0)
                        place = new_place(lost, &capacity, &row[i]);
                merge(place, &row[i]);
                if (row[i].class != LOST_INDIRECT)
                        direct = lost->place_count;
        }
}

static int held_compare(const void *left, const void *right)
{
        const struct lost_held *a = left, *b = right;

        if (a->sum.bytes != b->sum.bytes)
                return a->sum.bytes < b->sum.bytes ? 1 : -1;
        return stack_compare(a->stack, b->stack);
}

static int place_compare(const void *left, const void *right)
{
        const struct lost_place *a = left, *b = right;
        int64_t bytes_a = saturating_sum(a->sum.bytes, a->held_sum.bytes),
                bytes_b = saturating_sum(b->sum.bytes, b->held_sum.bytes);

        if (a->class != b->class)
                return a->class < b->class ? -1 : 1;
        if (a->rate > b->rate || a->rate < b->rate)
                return a->rate > b->rate ? -1 : 1;
        if (bytes_a != bytes_b)
                return bytes_a > bytes_b ? -1 : 1;
        return stack_compare(a->stack, b->stack);
}

void lost_load(struct profile *profile, struct places *places, struct suppressed *suppressed, struct lost *ret)
{
        struct chains *whole = NULL;
        struct row *row;
        size_t count;

        *ret = (struct lost){0};
        load_scans(profile, ret);
        find_main(profile, ret);
        if (!ret->known)
                return;
        if (places->by != PLACES_BY_SITE)
                whole = chains_load(profile, PLACES_BY_SITE, &places->arena);
        row = load_rows(profile, places->chains, whole ? whole : places->chains, ret->main ? ret->main->process : 0,
                        &count);
        count = suppress(row, count, suppressed);
        if (count)
                qsort(row, count, sizeof *row, row_compare);
        make_places(ret, row, count);
        for (size_t i = 0; i < ret->place_count; i++)
                if (ret->place[i].held_count)
                        qsort(ret->place[i].held, ret->place[i].held_count, sizeof *ret->place[i].held, held_compare);
        if (ret->place_count)
                qsort(ret->place, ret->place_count, sizeof *ret->place, place_compare);
        free(row);
        if (whole)
                chains_free(whole);
}

void lost_free(struct lost *lost)
{
        for (size_t i = 0; i < lost->place_count; i++)
                free(lost->place[i].held);
        free(lost->place);
        free(lost->scan);
        *lost = (struct lost){0};
}
