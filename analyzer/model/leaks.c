/* Rows wait for the end of their scan; then it replaces the one before, and what is lost is compared with that. */
#include "analyzer/model/leaks.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

static void scan_free(struct leak_scan *scan)
{
        struct leak *row = scan->rows, *next;

        HASH_CLEAR(hh, scan->rows);
        for (; row; row = next) {
                next = row->hh.next;
                free(row);
        }
        free(scan->chain);
        *scan = (struct leak_scan){0};
}

static void drop_open(struct leaks *leaks, size_t at)
{
        memmove(&leaks->open[at], &leaks->open[at + 1], (leaks->open_count - at - 1) * sizeof *leaks->open);
        leaks->open_count--;
}

/* The scan of that number whose end has not come. One that is new takes the place of the oldest if there are many:
 * their process must have died. */
static struct leak_scan *open_scan(struct leaks *leaks, uint32_t number)
{
        for (size_t i = 0; i < leaks->open_count; i++)
                if (leaks->open[i].told.number == number)
                        return &leaks->open[i];
        if (leaks->open_count == LEAKS_OPEN_MAX) {
                scan_free(&leaks->open[0]);
                drop_open(leaks, 0);
        }
        leaks->open[leaks->open_count] = (struct leak_scan){.told.number = number};
        return &leaks->open[leaks->open_count++];
}

static struct leak *find_row(struct leak *rows, const struct leak_key *key)
{
        struct leak *row;
        uint8_t bytes[sizeof *key];

        memcpy(bytes, key, sizeof bytes);
        HASH_FIND(hh, rows, bytes, sizeof bytes, row);
        return row;
}

void leak_merge(struct leak *into, const struct leak *from)
{
        into->flags |= from->flags;
        into->blocks += from->blocks;
        into->bytes += from->bytes;
        into->usable += from->usable;
        if (from->first_ns < into->first_ns)
                into->first_ns = from->first_ns;
        if (from->last_ns > into->last_ns)
                into->last_ns = from->last_ns;
}

void leaks_row(struct leaks *leaks, const struct wire_leak *told)
{
        struct leak_scan *scan = open_scan(leaks, told->scan);
        const struct leak found = {.key = {told->class, told->stack, told->root},
                                   .flags = told->flags,
                                   .blocks = told->blocks,
                                   .bytes = told->bytes,
                                   .usable = told->usable,
                                   .first_ns = told->first_ns,
                                   .last_ns = told->last_ns};
        struct leak *row;

        if (told->class >= WIRE_LEAK_CLASSES)
                return;
        row = find_row(scan->rows, &found.key);
        if (row) {
                leak_merge(row, &found);
                return;
        }
        row = xmalloc(sizeof *row);
        *row = found;
        HASH_ADD(hh, scan->rows, key, sizeof row->key, row);
}

void leaks_chain(struct leaks *leaks, const struct wire_leak_chain *chain)
{
        struct leak_scan *scan = open_scan(leaks, chain->scan);

        if (scan->chain_count == LEAKS_CHAINS_MAX)
                return;
        scan->chain = xgrow(scan->chain, scan->chain_count, &scan->chain_room, sizeof *scan->chain);
        scan->chain[scan->chain_count++] = *chain;
}

static void follow(struct leaks *leaks, const struct leak *row, const struct wire_leak_scan *before,
                   const struct wire_leak_scan *now)
{
        struct leak_trend *trend;

        HASH_FIND(hh, leaks->trends, &row->key, sizeof row->key, trend);
        if (!trend) {
                trend = xcalloc(1, sizeof *trend);
                trend->key = row->key;
                trend->base_ns = before ? before->time_ns : now->time_ns;
                trend->base_blocks = trend->latest_blocks = before ? 0 : row->blocks;
                trend->base_bytes = before ? 0 : row->bytes;
                HASH_ADD(hh, leaks->trends, key, sizeof trend->key, trend);
        }
        trend->scans++;
        trend->rises += row->blocks > trend->latest_blocks;
        trend->latest = now->number;
        trend->latest_ns = now->time_ns;
        trend->latest_blocks = row->blocks;
        trend->latest_bytes = row->bytes;
}

static void follow_all(struct leaks *leaks, const struct leak_scan *scan)
{
        const struct wire_leak_scan *before = leaks->scans > leaks->incomplete ? &leaks->last.told : NULL;

        for (const struct leak *row = scan->rows; row; row = row->hh.next)
                if (row->key.class != WIRE_LEAK_REACHABLE)
                        follow(leaks, row, before, &scan->told);
}

void leaks_scan_end(struct leaks *leaks, const struct wire_leak_scan *told)
{
        struct leak_scan *open = open_scan(leaks, told->number), scan = *open;
        bool whole = !(told->flags & WIRE_SCAN_INCOMPLETE), known = leaks->scans > leaks->incomplete;

        drop_open(leaks, (size_t)(open - leaks->open));
        scan.told = *told;
        if (told->pause_ns > leaks->pause_max_ns)
                leaks->pause_max_ns = told->pause_ns;
        if (told->number == 0 || told->number <= leaks->last.told.number || (!whole && known)) {
                leaks->scans += told->number > leaks->last.told.number;
                leaks->incomplete += told->number > leaks->last.told.number;
                scan_free(&scan);
                return;
        }
        if (whole)
                follow_all(leaks, &scan);
        leaks->scans++;
        leaks->incomplete += !whole;
        scan_free(&leaks->last);
        leaks->last = scan;
}

void leaks_suppressions(struct leaks *leaks, const struct wire_suppressions *suppressions)
{
        size_t bytes = leaks->suppressions_bytes + suppressions->text_bytes;

        if (bytes > LEAKS_SUPPRESSIONS_BYTES_MAX)
                return;
        leaks->suppressions = xrealloc(leaks->suppressions, bytes + 1);
        memcpy(leaks->suppressions + leaks->suppressions_bytes, suppressions->text, suppressions->text_bytes);
        leaks->suppressions[bytes] = '\0';
        leaks->suppressions_bytes = bytes;
}

void leaks_scan_sum(const struct wire_leak_scan *scan, uint64_t *ret_blocks, uint64_t *ret_bytes)
{
        *ret_blocks = *ret_bytes = 0;
        for (int i = 0; i < WIRE_LEAK_CLASSES; i++) {
                *ret_blocks += scan->blocks[i];
                *ret_bytes += scan->bytes[i];
        }
}

void leak_trend_merge(struct leak_trend *into, const struct leak_trend *from)
{
        if (from->scans > into->scans)
                into->scans = from->scans;
        if (from->rises > into->rises)
                into->rises = from->rises;
        if (from->latest > into->latest)
                into->latest = from->latest;
        if (from->base_ns < into->base_ns)
                into->base_ns = from->base_ns;
        if (from->latest_ns > into->latest_ns)
                into->latest_ns = from->latest_ns;
        into->base_blocks += from->base_blocks;
        into->base_bytes += from->base_bytes;
        into->latest_blocks += from->latest_blocks;
        into->latest_bytes += from->latest_bytes;
}

void leaks_free(struct leaks *leaks)
{
        struct leak_trend *trend = leaks->trends, *next;

        HASH_CLEAR(hh, leaks->trends);
        for (; trend; trend = next) {
                next = trend->hh.next;
                free(trend);
        }
        while (leaks->open_count > 0)
                scan_free(&leaks->open[--leaks->open_count]);
        scan_free(&leaks->last);
        free(leaks->suppressions);
        *leaks = (struct leaks){0};
}
