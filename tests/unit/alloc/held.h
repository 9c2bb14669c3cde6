/* What the tests of the heap have in common: a block with a record, and the walk that must see it. */
#ifndef TESTS_UNIT_ALLOC_HELD_H
#define TESTS_UNIT_ALLOC_HELD_H

#include <criterion/criterion.h>

#include "preload/alloc/heap.h"

/* Allocates, and checks what heap.h promises for every block. */
static inline struct block hold(struct heap *heap, size_t size, size_t alignment, uint64_t side)
{
        struct block block, found;

        cr_assert(heap_alloc(heap, size, alignment, &block), "%zu, %zu", size, alignment);
        cr_assert_eq((uintptr_t)block.start % alignment, 0);
        cr_assert_geq(block.usable, size);
        cr_assert_leq(block.usable - size, 4095, "%zu, %zu: %zu", size, alignment, block.usable);
        cr_assert_eq(!block.side, !heap->sided);
        cr_assert_eq(heap_find(block.start, &found), BLOCK_FOUND);
        cr_assert_eq(found.start, block.start);
        cr_assert_eq(found.usable, block.usable);
        cr_assert_eq(found.side, block.side);
        if (block.side)
                cr_assert_eq(atomic_exchange(block.side, side), 0);
        return block;
}

static inline void let_go(struct heap *heap, struct block block)
{
        if (block.side)
                atomic_store(block.side, 0);
        heap_release(heap, &block);
}

static inline size_t slabs_in_all(void)
{
        struct heap_usage usage;
        size_t slabs = 0;

        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                slabs += usage.pool[i].slabs;
        return slabs;
}
#endif
