/* Blocks of all kinds and sizes: had, found, resized and given back. */
#include <string.h>

#include "tests/unit/alloc/held.h"

static void every_size_and_alignment(bool sided)
{
        struct heap *heap = heap_create(sided);
        static struct block blocks[400];
        size_t count = 0;

        for (size_t alignment = 16; alignment <= (size_t)64 << 20; alignment *= 2)
                for (size_t size = 0; size <= (size_t)8 << 20; size = size * 5 + 7) {
                        struct block block = hold(heap, size, alignment, count + 1);

                        blocks[count++] = block;
                        memset(block.start, (int)count, block.usable);
                }
        for (size_t i = 0; i < count; i++) {
                unsigned char *bytes = blocks[i].start;

                cr_assert_eq(bytes[0], (unsigned char)(i + 1));
                cr_assert_eq(bytes[blocks[i].usable - 1], (unsigned char)(i + 1));
                let_go(heap, blocks[i]);
        }
        heap_retire(heap);
        cr_assert_eq(slabs_in_all(), 0);
}

Test(blocks, every_size_and_alignment_is_had_and_found)
{
        every_size_and_alignment(false);
        every_size_and_alignment(true);
}

/* More blocks than two slabs hold, of every class. */
static void fill_class(struct heap *heap, unsigned size_class)
{
        static struct block blocks[3 * 4096];
        size_t bytes = heap_class_bytes(size_class), count = 2 * size_classes[size_class].blocks + 3;

        for (size_t i = 0; i < count; i++) {
                blocks[i] = hold(heap, bytes, 16, i + 1);
                cr_assert_eq(blocks[i].usable, bytes);
                memset(blocks[i].start, (int)i, bytes);
        }
        for (size_t i = 0; i < count; i++) {
                unsigned char *at = blocks[i].start;
                struct block found;

                cr_assert_eq(at[0], (unsigned char)i);
                cr_assert_eq(at[bytes - 1], (unsigned char)i);
                cr_assert_eq(heap_find(at + 1, &found), BLOCK_INTERIOR);
                cr_assert_eq(heap_find(at + bytes - 1, &found), BLOCK_INTERIOR);
                cr_assert(!blocks[i].side || atomic_load(blocks[i].side) == i + 1);
        }
        for (size_t i = 0; i < count; i++)
                let_go(heap, blocks[i * 7 % count]); /* 7 divides no count, so this is every block once */
}

Test(blocks, every_class_fills_several_slabs_and_gives_them_back)
{
        for (unsigned sided = 0; sided < 2; sided++) {
                struct heap *heap = heap_create(sided);

                for (unsigned c = 0; c < HEAP_CLASSES; c++)
                        if ((2 * size_classes[c].blocks + 3) % 7)
                                fill_class(heap, c);
                heap_retire(heap);
                cr_assert_eq(slabs_in_all(), 0);
        }
}

Test(blocks, the_fast_path_gives_back_what_was_freed_last)
{
        struct heap *heap = heap_create(false);
        struct block first = hold(heap, 100, 16, 0), second = hold(heap, 100, 16, 0);

        cr_assert(heap_free_fast(heap, first.start));
        cr_assert(heap_free_fast(heap, second.start));

        cr_assert_eq(heap_alloc_fast(heap, 100), second.start);
        cr_assert_eq(heap_alloc_fast(heap, 97), first.start);
}

Test(blocks, the_fast_path_misses_what_it_must_not_touch)
{
        struct heap *heap = heap_create(false), *sided = heap_create(true);
        struct block block = hold(heap, 100, 16, 0), with_side = hold(sided, 100, 16, 1);
        struct block large = hold(heap, 100000, 16, 0), huge = hold(heap, 10000000, 16, 0);
        struct free_block on_stack = {NULL};

        let_go(sided, hold(sided, 100, 16, 1));
        cr_assert_null(heap_alloc_fast(sided, 100));
        cr_assert_null(heap_alloc_fast(&heap_none, 100));
        cr_assert_null(heap_alloc_fast(heap, 1025));
        cr_assert_not(heap_free_fast(sided, with_side.start));
        cr_assert_not(heap_free_fast(sided, block.start));
        cr_assert_not(heap_free_fast(&heap_none, block.start));
        cr_assert_not(heap_free_fast(heap, large.start));
        cr_assert_not(heap_free_fast(heap, huge.start));
        cr_assert_not(heap_free_fast(heap, NULL));
        cr_assert_not(heap_free_fast(heap, &on_stack));
        cr_assert_not(heap_free_fast(heap, (void *)~0ul));
}

Test(blocks, a_small_block_is_owned_by_the_heap_that_gave_it_out)
{
        struct heap *heap = heap_create(false), *sided = heap_create(true);
        struct block block = hold(heap, 100, 16, 0), with_side = hold(sided, 20000, 16, 1);
        struct block large = hold(sided, 100000, 16, 1), huge = hold(sided, 10000000, 16, 1);

        cr_assert(heap_owns(heap, &block));
        cr_assert(heap_owns(sided, &with_side));
        cr_assert_not(heap_owns(sided, &block));
        cr_assert_not(heap_owns(heap, &with_side));
        cr_assert_not(heap_owns(sided, &large));
        cr_assert_not(heap_owns(sided, &huge));
        cr_assert_not(heap_owns(&heap_none, &block));
}

Test(blocks, what_is_said_to_be_zeroed_is)
{
        struct heap *heap = heap_create(false);

        for (unsigned round = 0; round < 2; round++)
                for (size_t size = 40000; size < 6000000; size += size / 3) {
                        struct block block = hold(heap, size, 16, 0);
                        unsigned char *bytes = block.start;

                        cr_assert(round || block.zeroed);
                        for (size_t i = 0; block.zeroed && i < block.usable; i += 61)
                                cr_assert_eq(bytes[i], 0);
                        memset(bytes, 1, block.usable);
                        if (round)
                                let_go(heap, block);
                }
}

Test(blocks, a_small_block_stays_when_it_shrinks_by_less_than_half)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 1000, 16, 1);
        void *start = block.start;

        cr_assert_eq(heap_resize(heap, &block, 1024), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(heap_resize(heap, &block, 512), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(heap_resize(heap, &block, 511), HEAP_RESIZE_NO);
        cr_assert_eq(heap_resize(heap, &block, 1025), HEAP_RESIZE_NO);
        cr_assert_eq(block.start, start);
        cr_assert_eq(block.usable, 1024);
}

Test(blocks, a_small_block_moves_rather_than_have_more_slack_than_12_bits_can_say)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 32768, 16, 1);

        cr_assert_eq(heap_resize(heap, &block, 32768 - 4095), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(heap_resize(heap, &block, 32768 - 4096), HEAP_RESIZE_NO);
}

Test(blocks, a_large_block_grows_into_free_slices_and_shrinks_out_of_them)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 100000, 16, 1), found;
        char *start = block.start;

        cr_assert_eq(heap_resize(heap, &block, 1000000), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(block.start, start);
        cr_assert_eq(block.usable, 1003520);
        cr_assert_eq(heap_find(start + 900000, &found), BLOCK_INTERIOR);

        cr_assert_eq(heap_resize(heap, &block, 40000), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(block.usable, 40960);
        cr_assert_eq(heap_find(start + 900000, &found), BLOCK_FOREIGN);
        cr_assert_eq(atomic_load(block.side), 1);
        let_go(heap, block);
}

Test(blocks, a_large_block_does_not_grow_over_its_neighbour)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 100000, 16, 1), neighbour = hold(heap, 100000, 16, 2);

        cr_assert_eq((char *)neighbour.start - (char *)block.start, 131072);
        cr_assert_eq(heap_resize(heap, &block, 131072), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(heap_resize(heap, &block, 131073), HEAP_RESIZE_NO);
        cr_assert_eq(heap_resize(heap, &block, 20000), HEAP_RESIZE_NO);
        cr_assert_eq(heap_resize(heap, &block, 3000000), HEAP_RESIZE_NO);
}

Test(blocks, a_huge_block_takes_its_contents_and_its_record_along)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 3000000, 16, 77), found;

        for (size_t i = 0; i < 3000000; i++)
                ((unsigned char *)block.start)[i] = (unsigned char)(i % 251);
        for (size_t size = 4000000; size < 200000000; size *= 3) {
                char *before = block.start;
                struct block wall = hold(heap, 5000000, 16, 1); /* likely in the way */

                cr_assert_neq(heap_resize(heap, &block, size), HEAP_RESIZE_NO);
                cr_assert_leq(block.usable - size, 4095);
                if (block.start != before)
                        cr_assert_neq(heap_find(before, &found), BLOCK_FOUND);
                cr_assert_eq(heap_find(block.start, &found), BLOCK_FOUND);
                cr_assert_eq(heap_find((char *)block.start + size - 1, &found), BLOCK_INTERIOR);
                let_go(heap, wall);
        }
        cr_assert_eq(heap_resize(heap, &block, 3000000), HEAP_RESIZE_IN_PLACE);
        cr_assert_eq(heap_find((char *)block.start + 20000000, &found), BLOCK_FOREIGN);
        cr_assert_eq(atomic_load(block.side), 77);
        for (size_t i = 0; i < 3000000; i++)
                cr_assert_eq(((unsigned char *)block.start)[i], (unsigned char)(i % 251));
        cr_assert_eq(heap_resize(heap, &block, 2000000), HEAP_RESIZE_NO);
}

Test(blocks, sizes_beyond_all_memory_are_refused)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 3000000, 16, 1), none;

        cr_assert_not(heap_alloc(heap, SIZE_MAX, 16, &none));
        cr_assert_not(heap_alloc(heap, PTRDIFF_MAX, 16, &none));
        cr_assert_not(heap_alloc(heap, (size_t)PTRDIFF_MAX + 1, 16, &none));
        cr_assert_not(heap_alloc(heap, 1, (size_t)1 << 63, &none));
        cr_assert_not(heap_alloc(heap, 1, (size_t)1 << 50, &none));
        cr_assert_eq(heap_resize(heap, &block, SIZE_MAX), HEAP_RESIZE_NO);
        cr_assert_eq(heap_resize(heap, &block, PTRDIFF_MAX), HEAP_RESIZE_NO);
        let_go(heap, block);
}
