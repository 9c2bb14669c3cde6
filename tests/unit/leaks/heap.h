/* What the tests of the scan have in common: blocks with records, roots, and what was found of them. */
#ifndef TESTS_UNIT_LEAKS_HEAP_H
#define TESTS_UNIT_LEAKS_HEAP_H

#include <criterion/criterion.h>
#include <string.h>

#include "preload/alloc/heap.h"
#include "preload/leaks/lost.h"
#include "preload/leaks/mark.h"

enum found { FOUND_REACHED, FOUND_EXPLAINED, FOUND_POSSIBLE, FOUND_INDIRECT, FOUND_DEFINITE };

struct scanned {
        struct leak_blocks blocks;
        struct leak_marked marked;
        struct leak_graph graph;
};

static inline bool all_count(uint64_t record)
{
        (void)record;
        return true;
}

static inline struct heap *heap_of_test(void)
{
        static struct heap *heap;

        if (!heap)
                heap = heap_create(true);
        cr_assert(heap);
        return heap;
}

/* A live block, zeroed, born at `birth`. */
static inline struct block live_born(size_t size, uint16_t birth)
{
        struct block block;

        cr_assert(heap_alloc(heap_of_test(), size, 16, &block));
        memset(block.start, 0, block.usable);
        atomic_store(block.side, RECORDER_LIVE | (uint64_t)(block.usable - size) << RECORDER_SLACK_SHIFT |
                                         (uint64_t)birth << RECORDER_BIRTH_SHIFT);
        return block;
}

static inline void *live(size_t size)
{
        return live_born(size, 1).start;
}

static inline void release(void *start)
{
        struct block block;

        cr_assert_eq(heap_find(start, &block), BLOCK_FOUND);
        atomic_store(block.side, recorder_freed(atomic_load(block.side)));
        heap_release(heap_of_test(), &block);
}

static inline void mark(struct leak_blocks *blocks, const struct leak_roots *roots, size_t places, uintptr_t *from,
                        struct leak_marked *ret_marked)
{
        const struct leak_root none = {.start = 0};

        cr_assert(leak_mark(blocks, &(struct leak_mark_order){roots, &none, places, from}, ret_marked));
}

static inline void scan_places(struct scanned *scanned, void *root, size_t bytes, size_t places)
{
        struct leak_root range = {.start = (uintptr_t)root, .end = (uintptr_t)root + bytes};
        const struct leak_roots roots = {.root = &range, .count = 1, .max = 1};

        memset(scanned, 0, sizeof *scanned);
        cr_assert(leak_blocks_open(&scanned->blocks, &roots));
        mark(&scanned->blocks, &roots, places, NULL, &scanned->marked);
        cr_assert(leak_graph_open(&scanned->graph, &scanned->blocks, all_count));
}

static inline void scan(struct scanned *scanned, void *root, size_t bytes)
{
        scan_places(scanned, root, bytes, LEAK_MARK_PLACES);
}

static inline void scanned_close(struct scanned *scanned)
{
        leak_graph_close(&scanned->graph);
        leak_blocks_close(&scanned->blocks);
}

static inline uint32_t number_of(const struct scanned *scanned, const void *start)
{
        uint32_t index, slab = leak_blocks_find(&scanned->blocks, (uintptr_t)start, &index);

        cr_assert(slab);
        return scanned->blocks.slab[slab].first + index;
}

static inline enum found found(const struct scanned *scanned, const void *start)
{
        uint32_t number = number_of(scanned, start);
        uint8_t state = scanned->blocks.state[number];

        cr_assert(state & LEAK_LIVE);
        if (state & LEAK_REACHED)
                return state & LEAK_EXPLAINED ? FOUND_EXPLAINED : FOUND_REACHED;
        if (state & LEAK_POSSIBLE)
                return FOUND_POSSIBLE;
        return leak_lost_is_root(&scanned->graph, scanned->graph.place[number]) ? FOUND_DEFINITE : FOUND_INDIRECT;
}

/* The start of the block that a lost one is charged to. */
static inline void *charged_to(const struct scanned *scanned, const void *start)
{
        const struct leak_graph *graph = &scanned->graph;
        const struct leak_lost *root = &graph->lost[graph->lost[graph->place[number_of(scanned, start)]].root];

        return (void *)leak_block_start(&scanned->blocks.slab[root->slab], root->index);
}

static inline bool in_circle(const struct scanned *scanned, const void *start)
{
        return leak_lost_in_circle(&scanned->graph, scanned->graph.place[number_of(scanned, start)]);
}

#endif
