/* The scan as a whole: tables, marks, the graph of the lost, rows. */
#include "preload/leaks/scan.h"

#include <string.h>

#include "preload/leaks/blocks.h"
#include "preload/leaks/chain.h"
#include "preload/leaks/ignored.h"
#include "preload/leaks/lost.h"
#include "preload/leaks/mark.h"
#include "preload/leaks/pages.h"
#include "preload/leaks/rows.h"

_Static_assert((int)LEAK_CLASSES == (int)WIRE_LEAK_CLASSES, "a class is the same on both sides");

struct scan {
        struct leak_blocks blocks;
        struct leak_ignored ignored;
        struct leak_marked marked;
        uintptr_t *from; /* for chains, if they are asked for; see mark.h */
        struct leak_graph graph;
        struct leak_rows rows;
        bool unsure; /* a thread may hold pointers that nobody has seen */
};

static void class_of_lost(const struct scan *scan, uint32_t place, struct leak_row *row)
{
        const struct leak_graph *graph = &scan->graph;
        const struct leak_lost *root = &graph->lost[graph->lost[place].root];

        if (leak_lost_in_circle(graph, place))
                row->flags |= WIRE_LEAK_CYCLE;
        if (scan->unsure)
                row->flags |= WIRE_LEAK_UNSURE;
        if (!leak_lost_is_root(graph, place)) {
                row->class = WIRE_LEAK_INDIRECT;
                row->root = (uint32_t)leak_block_record(&scan->blocks.slab[root->slab], root->index);
        } else {
                row->class = scan->unsure ? WIRE_LEAK_POSSIBLE : WIRE_LEAK_DEFINITE;
        }
}

static struct leak_row row_of(const struct scan *scan, uint32_t number, uint32_t index)
{
        const struct leak_slab *slab = &scan->blocks.slab[number];
        uint8_t state = scan->blocks.state[slab->first + index];
        uint64_t record = leak_block_record(slab, index);
        struct leak_row row = {
                .class = state & LEAK_REACHED ? WIRE_LEAK_REACHABLE : WIRE_LEAK_POSSIBLE,
                .stack = (uint32_t)record,
                .blocks = 1,
                .bytes = leak_block_bytes(slab, index),
                .usable = slab->usable,
                .first = record,
                .last = record,
                .slab = number,
                .index = index,
        };

        if (state & LEAK_EXPLAINED)
                row.flags = WIRE_LEAK_HEURISTIC;
        if (!(state & (LEAK_REACHED | LEAK_POSSIBLE)))
                class_of_lost(scan, scan->graph.place[slab->first + index], &row);
        return row;
}

static bool rows_fill(struct scan *scan)
{
        for (uint32_t number = 1; number < scan->blocks.slab_count; number++) {
                const struct leak_slab *slab = &scan->blocks.slab[number];

                for (uint32_t i = 0; i < slab->blocks; i++) {
                        struct leak_row row;

                        if (!(scan->blocks.state[slab->first + i] & LEAK_LIVE) ||
                            !recorder_counts(leak_block_record(slab, i)))
                                continue;
                        row = row_of(scan, number, i);
                        if (!leak_rows_add(&scan->rows, &row))
                                return false;
                }
        }
        return true;
}

static bool scan_mark(struct scan *scan, const struct leak_roots *roots, bool who)
{
        const struct leak_root ignored = {
                .start = (uintptr_t)scan->ignored.start,
                .end = (uintptr_t)(scan->ignored.start + scan->ignored.count),
                .kind = LEAK_ROOT_MAPPING,
        };
        const struct leak_mark_order order = {roots, &ignored, LEAK_MARK_PLACES, scan->from};

        return (scan->from || !who) && leak_mark(&scan->blocks, &order, &scan->marked);
}

/* Everything but telling. False: no memory, so nothing is known. */
static bool scan_run(struct scan *scan, const struct leak_roots *roots, const struct leak_scan_info *info)
{
        if (!leak_blocks_open(&scan->blocks, roots) || !leak_ignored_open(&scan->ignored, &scan->blocks))
                return false;
        if (info->who)
                scan->from = pages_map(scan->blocks.block_count * sizeof *scan->from);
        return scan_mark(scan, roots, info->who) && leak_graph_open(&scan->graph, &scan->blocks, recorder_counts) &&
               rows_fill(scan);
}

static void scan_close(struct scan *scan)
{
        pages_unmap(scan->from, scan->blocks.block_count * sizeof *scan->from);
        leak_rows_close(&scan->rows);
        if (scan->graph.blocks)
                leak_graph_close(&scan->graph);
        leak_ignored_close(&scan->ignored);
        leak_blocks_close(&scan->blocks);
}

static void rows_tell(struct recorder *recorder, const struct scan *scan, uint32_t number, struct leak_sum *sum)
{
        for (size_t i = 0; i < scan->rows.max; i++) {
                const struct leak_row *row = &scan->rows.row[i];

                if (!row->blocks)
                        continue;
                sum->blocks[row->class] += row->blocks;
                sum->bytes[row->class] += row->bytes;
                recorder_leak(recorder, &(struct wire_leak){
                                                .scan = number,
                                                .class = row->class,
                                                .stack = row->stack,
                                                .root = row->root,
                                                .flags = row->flags,
                                                .blocks = row->blocks,
                                                .bytes = row->bytes,
                                                .usable = row->usable,
                                                .first_ns = recorder_birth_ns(row->first),
                                                .last_ns = recorder_birth_ns(row->last),
                                        });
        }
}

static void chains_tell(struct recorder *recorder, const struct scan *scan, const struct leak_roots *roots,
                        uint32_t number)
{
        for (size_t i = 0; scan->from && i < scan->rows.max; i++) {
                const struct leak_row *row = &scan->rows.row[i];
                struct wire_leak_chain chain = {.scan = number};

                if (!row->blocks || row->class != WIRE_LEAK_REACHABLE)
                        continue;
                leak_chain(&scan->blocks, roots, scan->from, row->slab, row->index, &chain);
                recorder_leak_chain(recorder, &chain);
        }
}

void leaks_scan(struct recorder *recorder, const struct leak_roots *roots, const struct leak_scan_info *info,
                struct leak_sum *ret_sum)
{
        uint64_t begun_ns = recorder_now_ns();
        struct scan scan = {.unsure = roots->threads_silent != 0};
        struct leak_sum sum = {.blocks = {0}};
        bool done = !roots->incomplete && scan_run(&scan, roots, info);
        struct wire_leak_scan told = {
                .number = info->number,
                .why = info->why,
                .flags = info->flags | (done ? 0 : WIRE_SCAN_INCOMPLETE),
                .threads = roots->threads,
                .threads_silent = roots->threads_silent,
                .time_ns = info->time_ns,
                .pause_ns = info->pause_ns,
                .root_bytes = scan.marked.root_bytes,
                .heap_bytes = scan.marked.heap_bytes,
        };

        if (done) {
                rows_tell(recorder, &scan, info->number, &sum);
                chains_tell(recorder, &scan, roots, info->number);
        }
        scan_close(&scan);
        memcpy(told.blocks, sum.blocks, sizeof told.blocks);
        memcpy(told.bytes, sum.bytes, sizeof told.bytes);
        told.scan_ns = recorder_now_ns() - begun_ns;
        recorder_leak_scan(recorder, &told);
        *ret_sum = sum;
}
