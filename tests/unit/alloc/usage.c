/* Taking stock: the walk sees what is held, and the sums are right. */
#include "tests/unit/alloc/held.h"

struct sums {
        size_t blocks, bytes;
        uint64_t sides;
};

static void add(void *context, const struct heap_visited *block)
{
        struct sums *sums = context;
        struct block found;

        cr_assert_eq(heap_find(block->start, &found), BLOCK_FOUND);
        cr_assert_eq(found.usable, block->usable);
        sums->blocks++;
        sums->bytes += block->usable;
        sums->sides += block->side;
}

static size_t size_at(unsigned i)
{
        return i % 50 == 0 ? 40000 + i * 1000 : i % 333 == 1 ? 3000000 : i * 53 % 33000;
}

Test(usage, the_walk_sees_exactly_what_is_held)
{
        static struct block blocks[2000];
        struct heap *heap = heap_create(true), *plain = heap_create(false);
        struct sums held = {0, 0, 0}, walked = {0, 0, 0};
        struct heap_empty empty;

        hold(plain, 100, 16, 0);
        hold(plain, 100000, 16, 0);
        hold(plain, 10000000, 16, 0);
        for (unsigned i = 0; i < 2000; i++)
                blocks[i] = hold(heap, size_at(i), 16, 1 + (uint64_t)i * i);
        for (unsigned i = 0; i < 2000; i++)
                if (i % 3)
                        let_go(i % 2 ? heap : plain, blocks[i]);
                else
                        held = (struct sums){held.blocks + 1, held.bytes + blocks[i].usable,
                                             held.sides + 1 + (uint64_t)i * i};
        heaps_walk(add, &walked, &empty);
        cr_assert_eq(walked.blocks, held.blocks);
        cr_assert_eq(walked.bytes, held.bytes);
        cr_assert_eq(walked.sides, held.sides);
}

Test(usage, the_sums_are_what_is_held)
{
        static struct block blocks[2000];
        struct heap *heap = heap_create(true);
        struct heap_usage usage;
        size_t bytes = 0, bytes_used = 0, blocks_used = 0, slab_bytes = 0;
        uint64_t allocations = 0;

        for (unsigned i = 0; i < 2000; i++)
                blocks[i] = hold(heap, size_at(i), 16, 1);
        for (unsigned i = 0; i < 2000; i++)
                if (i % 2)
                        let_go(heap, blocks[i]);
                else
                        bytes += blocks[i].usable;
        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_POOLS; i++) {
                const struct heap_pool_usage *pool = &usage.pool[i];

                blocks_used += pool->blocks_used;
                bytes_used += pool->bytes_used;
                allocations += pool->allocations;
                slab_bytes += pool->slab_bytes;
                cr_assert_leq(pool->blocks_used, pool->blocks_carved);
                cr_assert_leq(pool->bytes_used, pool->slab_bytes);
        }
        cr_assert_eq(blocks_used, 1000);
        cr_assert_eq(bytes_used, bytes);
        cr_assert_eq(allocations, 2000);
        cr_assert_gt(usage.side_bytes, 0);
        cr_assert_leq(usage.purged_bytes, usage.free_bytes);
        cr_assert_leq(slab_bytes + usage.free_bytes + usage.metadata_bytes, usage.mapped_bytes);
}

Test(usage, only_blocks_freed_by_others_count_as_remote)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);
        struct heap_usage usage;
        struct block block = hold(heap, 500, 16, 1);

        let_go(heap, hold(heap, 500, 16, 1));
        let_go(other, block);
        heap_retire(heap);
        heaps_usage(&usage);
        cr_assert_eq(usage.pool[size_class_of(500)].frees_remote, 1);
        cr_assert_eq(usage.pool[size_class_of(500)].allocations, 2);
        cr_assert_eq(usage.pool[size_class_of(500)].block_bytes, 512);
}
