/* What the walk says of empty memory: which slabs are sparse, what each block in them pins, and that nothing is left
 * out. */
#include "tests/unit/alloc/held.h"

enum { BYTES = 1024, A_SLAB = 64, SLABS = 20, BLOCKS = SLABS * A_SLAB };

/* What blocks pin by the value of their side records. */
struct pinned {
        size_t bytes[3], blocks[3];
        size_t slabs, least, most;
        const void *slab_last;
};

static struct block blocks[BLOCKS];

static void add(void *context, const struct heap_visited *block)
{
        struct pinned *pinned = context;

        cr_assert_lt(block->side, 3);
        cr_assert_eq(block->slab != NULL, block->pinned != 0);
        if (!block->slab)
                return;
        cr_assert_lt((size_t)((char *)block->start - (char *)block->slab), SLICE_BYTES);
        pinned->slabs += block->slab != pinned->slab_last;
        pinned->slab_last = block->slab;
        pinned->bytes[block->side] += block->pinned;
        pinned->blocks[block->side]++;
        if (!pinned->least || block->pinned < pinned->least)
                pinned->least = block->pinned;
        if (block->pinned > pinned->most)
                pinned->most = block->pinned;
}

static size_t carved_and_free(void)
{
        struct heap_usage usage;
        size_t bytes = 0;

        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_CLASSES; i++)
                bytes += (usage.pool[i].blocks_carved - usage.pool[i].blocks_used) * usage.pool[i].block_bytes;
        return bytes;
}

/* The walk, and what must hold of every one. */
static struct pinned walk(struct heap_empty *ret_empty)
{
        struct pinned pinned = {0};

        heaps_walk(add, &pinned, ret_empty);
        cr_assert_eq(pinned.bytes[1] + pinned.bytes[2], ret_empty->pinned);
        cr_assert_eq(pinned.slabs, ret_empty->sparse_slabs);
        cr_assert_eq(ret_empty->pinned + ret_empty->filling + ret_empty->dense + ret_empty->unpinned,
                     carved_and_free());
        return pinned;
}

/* Fills slabs, and leaves of each the blocks of the given places. */
static void leave(struct heap *heap, unsigned from, unsigned until)
{
        for (unsigned i = 0; i < BLOCKS; i++)
                blocks[i] = hold(heap, BYTES, 16, 1 + i % A_SLAB % 2);
        for (unsigned i = 0; i < BLOCKS; i++)
                if (i % A_SLAB < from || i % A_SLAB >= until)
                        let_go(heap, blocks[i]);
}

Test(pinned, a_full_heap_pins_nothing)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;

        for (unsigned i = 0; i < 20000; i++)
                hold(heap, i * 53 % 33000, 16, 1);
        cr_assert_eq(walk(&empty).slabs, 0);
        cr_assert_eq(empty.sparse_slabs, 0);
}

Test(pinned, one_block_of_a_slab_pins_all_that_is_empty_there)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;
        struct pinned pinned;

        leave(heap, 7, 8);
        pinned = walk(&empty);
        cr_assert_eq(pinned.slabs, SLABS - 1); /* the heap allocates from one of them next */
        cr_assert_eq(pinned.bytes[2], (SLABS - 1) * (A_SLAB - 1) * BYTES);
        cr_assert_eq(pinned.bytes[1], 0);
        cr_assert_eq(pinned.least, pinned.most);
        cr_assert_eq(empty.filling, (A_SLAB - 1) * BYTES);
}

Test(pinned, a_large_slab_is_no_reserve)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;

        for (unsigned i = 0; i < 12; i++)
                blocks[i] = hold(heap, 20480, 16, 1);
        for (unsigned i = 1; i < 12; i++)
                let_go(heap, blocks[i]);
        cr_assert_eq(walk(&empty).slabs, 1);
        cr_assert_eq(empty.pinned, 11 * 20480);
}

Test(pinned, what_a_heap_without_a_thread_would_allocate_from_is_pinned_too)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;

        leave(heap, 7, 8);
        heap_retire(heap);
        cr_assert_eq(walk(&empty).slabs, SLABS);
        cr_assert_eq(empty.filling, 0);
}

Test(pinned, several_blocks_of_a_slab_share_what_is_empty)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;
        struct pinned pinned;

        leave(heap, 3, 10); /* 4 with record 1, 3 with record 2 */
        heap_retire(heap);
        pinned = walk(&empty);
        cr_assert_eq(pinned.blocks[1], 3 * SLABS);
        cr_assert_eq(pinned.blocks[2], 4 * SLABS);
        cr_assert_leq(pinned.most - pinned.least, 1);
        cr_assert_leq(pinned.bytes[1] - SLABS * 57 * BYTES * 3 / 7, SLABS);
        cr_assert_eq(empty.pinned, SLABS * 57 * BYTES);
}

Test(pinned, a_slab_is_sparse_if_less_than_half_is_in_use)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;

        leave(heap, 0, A_SLAB / 2);
        heap_retire(heap);
        cr_assert_eq(walk(&empty).slabs, 0);
        cr_assert_eq(empty.dense, SLABS * (A_SLAB / 2) * BYTES);
        for (unsigned i = 0; i < BLOCKS / 2; i += A_SLAB)
                let_go(&heap_none, blocks[i]);
        cr_assert_eq(walk(&empty).slabs, SLABS / 2);
        cr_assert_eq(empty.dense, SLABS / 2 * (A_SLAB / 2) * BYTES);
}

Test(pinned, blocks_freed_by_others_are_empty_at_once)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);
        struct heap_empty empty;

        for (unsigned i = 0; i < BLOCKS; i++)
                blocks[i] = hold(heap, BYTES, 16, 1);
        for (unsigned i = 0; i < BLOCKS; i++)
                if (i % A_SLAB)
                        let_go(other, blocks[i]);
        cr_assert_eq(walk(&empty).slabs, SLABS - 1); /* the owner has not heard of it */
        cr_assert_eq(empty.pinned + empty.filling, SLABS * (A_SLAB - 1) * BYTES);
}

Test(pinned, memory_that_was_never_carved_is_not_empty_but_untouched)
{
        struct heap *heap = heap_create(true);
        struct heap_empty empty;

        hold(heap, 8192, 16, 1);
        hold(heap, 30000, 16, 1);
        heap_retire(heap);
        cr_assert_eq(walk(&empty).slabs, 0);
        cr_assert_eq(empty.dense + empty.filling + empty.unpinned, 0);
}

Test(pinned, slabs_without_records_are_counted_and_pinned_by_nobody)
{
        struct heap *heap = heap_create(false);
        struct heap_empty empty;

        for (unsigned i = 0; i < BLOCKS; i++)
                blocks[i] = hold(heap, BYTES, 16, 1);
        for (unsigned i = 0; i < BLOCKS; i++)
                if (i % A_SLAB)
                        let_go(heap, blocks[i]);
        heap_retire(heap);
        cr_assert_eq(walk(&empty).slabs, 0);
        cr_assert_eq(empty.unpinned, SLABS * (A_SLAB - 1) * BYTES);
}
