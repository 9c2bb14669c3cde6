/* Words that are no blocks: looked up without harm, and told what they are. */
#include "tests/unit/alloc/held.h"

static enum block_status status_of(const void *word)
{
        struct block block;

        return heap_find(word, &block);
}

Test(words, words_that_are_no_addresses_of_ours_are_foreign)
{
        static int in_data;
        int on_stack = 0;

        for (unsigned round = 0; round < 2; round++) { /* before there is a heap, and after */
                cr_assert_eq(status_of(NULL), BLOCK_FOREIGN);
                cr_assert_eq(status_of(&on_stack), BLOCK_FOREIGN);
                cr_assert_eq(status_of(&in_data), BLOCK_FOREIGN);
                cr_assert_eq(status_of(&heap_none), BLOCK_FOREIGN);
                for (unsigned bit = 0; bit < 64; bit++) {
                        cr_assert_eq(status_of((void *)(1ul << bit)), BLOCK_FOREIGN);
                        cr_assert_eq(status_of((void *)((1ul << bit) - 1)), BLOCK_FOREIGN);
                        cr_assert_eq(status_of((void *)~(1ul << bit)), BLOCK_FOREIGN);
                        cr_assert_eq(status_of((void *)-(1ul << bit)), BLOCK_FOREIGN);
                }
                hold(heap_create(true), 1, 16, 1);
        }
}

/* Every 16th word of a segment: what is found must be a block that is held. */
Test(words, in_a_segment_only_blocks_are_found)
{
        struct heap *heap = heap_create(true);
        struct block small = hold(heap, 100, 16, 1), middle = hold(heap, 20000, 16, 2), big = hold(heap, 200000, 16, 3);
        uintptr_t segment = (uintptr_t)small.start & ~(uintptr_t)(SEGMENT_BYTES - 1);
        unsigned found = 0, free_blocks = 0;

        for (uintptr_t word = segment; word < segment + SEGMENT_BYTES; word += 16) {
                struct block block;

                if (heap_find((void *)word, &block) != BLOCK_FOUND)
                        continue;
                if (atomic_load(block.side))
                        found++;
                else
                        free_blocks++;
        }
        cr_assert_eq(found, 3);
        cr_assert_leq(free_blocks, 64, "only what has been carved beside them");
        cr_assert_eq(status_of((void *)segment), BLOCK_FOREIGN);
        cr_assert_eq(status_of(small.slab), BLOCK_FOREIGN, "our own records");
        cr_assert_eq(status_of((char *)small.start + 60000), BLOCK_FOREIGN, "not carved");
        cr_assert_eq(status_of((char *)middle.start + 19999), BLOCK_INTERIOR);
        cr_assert_eq(status_of((char *)big.start + 199999), BLOCK_INTERIOR);
        cr_assert_eq(status_of((char *)big.start + 16), BLOCK_INTERIOR);
}

Test(words, random_words_in_and_around_our_memory_do_no_harm)
{
        struct heap *heap = heap_create(true);
        struct block blocks[4] = {hold(heap, 100, 16, 1), hold(heap, 20000, 16, 2), hold(heap, 200000, 16, 3),
                                  hold(heap, 20000000, 16, 4)};
        uint64_t random = 1;

        for (unsigned i = 0; i < 2000000; i++) {
                random = random * 6364136223846793005u + 1442695040888963407u;

                uintptr_t word = (uintptr_t)blocks[i % 4].start + (random >> 20) % (i % 8 < 4 ? 1ul << 23 : 1ul << 36);
                struct block block;

                if (heap_find((void *)word, &block) == BLOCK_FOUND)
                        cr_assert_eq((uintptr_t)block.start, word);
        }
}

Test(words, a_huge_block_that_is_gone_is_foreign_throughout)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 50000000, 16, 1);
        char *start = block.start;

        cr_assert_eq(status_of(start + 1), BLOCK_INTERIOR);
        cr_assert_eq(status_of(start + 49999999), BLOCK_INTERIOR);
        cr_assert_eq(status_of(start + block.usable), BLOCK_FOREIGN);
        cr_assert_eq(status_of(start - 1), BLOCK_FOREIGN);
        let_go(heap, block);
        cr_assert_eq(status_of(start), BLOCK_FOREIGN);
        cr_assert_eq(status_of(start + 25000000), BLOCK_FOREIGN);
        cr_assert_eq(status_of(start + 49999999), BLOCK_FOREIGN);
}

Test(words, a_released_block_is_found_with_an_empty_record)
{
        struct heap *heap = heap_create(true);
        struct block block = hold(heap, 100, 16, 1), found;

        let_go(heap, block);
        cr_assert_eq(heap_find(block.start, &found), BLOCK_FOUND);
        cr_assert_eq(atomic_load(found.side), 0);
}

Test(words, slices_that_were_given_back_are_foreign)
{
        struct heap *heap = heap_create(true);
        struct block large = hold(heap, 100000, 16, 1), small = hold(heap, 100, 16, 1);

        let_go(heap, large);
        let_go(heap, small);
        heap_retire(heap);
        cr_assert_eq(status_of(large.start), BLOCK_FOREIGN);
        cr_assert_eq(status_of((char *)large.start + 70000), BLOCK_FOREIGN);
        cr_assert_eq(status_of(small.start), BLOCK_FOREIGN);
}

/* Leaves a record behind, as the recorder does. */
static void let_go_with(struct heap *heap, struct block block, uint64_t record)
{
        atomic_store(block.side, record);
        heap_release(heap, &block);
}

Test(words, a_large_or_huge_block_that_is_gone_is_known_until_its_place_is_taken)
{
        static const size_t size[] = {100000, 5000000, 200000000};
        const uint64_t record = 1ull << 62 | 77;
        struct heap *heap = heap_create(true);
        struct block before, gone;

        cr_assert_not(heap_record_in_use(record));
        cr_assert_not(heap_record_in_use(0));
        cr_assert(heap_record_in_use(1ull << 63 | 77));
        for (unsigned i = 0; i < 3; i++) {
                before = hold(heap, size[i], 16, 1);
                cr_assert_not(heap_find_gone(before.start, &gone));
                let_go_with(heap, before, record);
                cr_assert_eq(status_of(before.start), BLOCK_FOREIGN);
                cr_assert(heap_find_gone(before.start, &gone), "%zu", size[i]);
                cr_assert_eq(gone.start, before.start);
                cr_assert_eq(gone.usable, before.usable);
                cr_assert_eq(atomic_load(gone.side), record);
                cr_assert_not(heap_find_gone((char *)before.start + 16, &gone));
                cr_assert_not(heap_find_gone((char *)before.start + 65536, &gone));
        }
        before = hold(heap, 100000, 16, 1);
        cr_assert_not(heap_find_gone(before.start, &gone));
}

Test(words, a_small_block_whose_slab_is_gone_is_known_without_its_record)
{
        struct heap *heap = heap_create(true);
        struct block small = hold(heap, 20000, 16, 1), gone;

        let_go(heap, small);
        heap_retire(heap);
        cr_assert_eq(status_of(small.start), BLOCK_FOREIGN);
        cr_assert(heap_find_gone(small.start, &gone));
        cr_assert_eq(gone.start, small.start);
        cr_assert_null(gone.side);
        cr_assert_not(heap_find_gone((char *)small.start + 16, &gone));
        cr_assert_not(heap_find_gone(&heap, &gone));
        cr_assert_not(heap_find_gone((void *)~(SEGMENT_BYTES - 1ul), &gone));
}
