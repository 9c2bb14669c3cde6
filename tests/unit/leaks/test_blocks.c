/* From words to blocks: every size, every place in a block, and what is no block. */
#include "tests/unit/leaks/heap.h"

#include <sys/mman.h>

static const struct leak_roots no_roots;

static void opened(struct leak_blocks *blocks)
{
        memset(blocks, 0, sizeof *blocks);
        cr_assert(leak_blocks_open(blocks, &no_roots));
}

static void expect_block(const struct leak_blocks *blocks, const char *word, const void *start, size_t size)
{
        uint32_t index, number = leak_blocks_find(blocks, (uintptr_t)word, &index);
        const struct leak_slab *slab = &blocks->slab[number];

        cr_assert(number, "%zu, at %td", size, word - (const char *)start);
        cr_assert_eq((void *)leak_block_start(slab, index), start, "%zu, at %td", size, word - (const char *)start);
        cr_assert_eq(leak_block_bytes(slab, index), size);
        cr_assert(blocks->state[slab->first + index] & LEAK_LIVE);
}

Test(leak_blocks, a_word_leads_to_its_block_whatever_its_size)
{
        static const size_t sizes[] = {0,      1,       8,       16,      24,      100,
                                       1000,   1024,    5000,    32768,   32769,   65536,
                                       200000, 1 << 20, 2 << 20, 3 << 20, 9 << 20, (size_t)33 << 20};
        enum { SIZES = sizeof sizes / sizeof *sizes, EACH = 40 };
        static char *block[SIZES][EACH];
        struct leak_blocks blocks;

        for (unsigned i = 0; i < SIZES; i++)
                for (unsigned k = 0; k < EACH && (k < 3 || sizes[i] < 1 << 20); k++)
                        block[i][k] = live(sizes[i]);
        opened(&blocks);
        for (unsigned i = 0; i < SIZES; i++)
                for (unsigned k = 0; k < EACH && block[i][k]; k++) {
                        expect_block(&blocks, block[i][k], block[i][k], sizes[i]);
                        expect_block(&blocks, block[i][k] + sizes[i] / 2, block[i][k], sizes[i]);
                        if (sizes[i])
                                expect_block(&blocks, block[i][k] + sizes[i] - 1, block[i][k], sizes[i]);
                }
        leak_blocks_close(&blocks);
}

Test(leak_blocks, a_freed_block_is_not_live)
{
        void *kept = live(100), *freed = live(100), *large = live(100000);
        struct leak_blocks blocks;
        uint32_t index, number;

        release(freed);
        opened(&blocks);
        expect_block(&blocks, kept, kept, 100);
        expect_block(&blocks, large, large, 100000);
        number = leak_blocks_find(&blocks, (uintptr_t)freed, &index);
        cr_assert(number);
        cr_expect_not(blocks.state[blocks.slab[number].first + index]);
        leak_blocks_close(&blocks);
        release(large);
        opened(&blocks);
        cr_expect_eq(leak_blocks_find(&blocks, (uintptr_t)large, &index), 0, "its slab is none any more");
        leak_blocks_close(&blocks);
}

Test(leak_blocks, no_block_lies_elsewhere)
{
        char *small = live(100), *huge = live(5 << 20);
        uintptr_t segment = (uintptr_t)small & ~(uintptr_t)(SEGMENT_BYTES - 1);
        struct leak_blocks blocks;
        uint32_t index;

        opened(&blocks);
        for (size_t slice = 0; slice < SLICE_BYTES; slice += 8)
                cr_assert_not(leak_blocks_find(&blocks, segment + slice, &index), "slice 0 holds records");
        cr_expect_not(leak_blocks_find(&blocks, 0, &index));
        cr_expect_not(leak_blocks_find(&blocks, UINTPTR_MAX, &index));
        cr_expect_not(leak_blocks_find(&blocks, (uintptr_t)&index, &index));
        cr_expect_not(leak_blocks_find(&blocks, blocks.low - 1, &index));
        cr_expect_not(leak_blocks_find(&blocks, blocks.low + blocks.span, &index));
        expect_block(&blocks, huge + (4 << 20), huge, 5 << 20);
        leak_blocks_close(&blocks);
}

Test(leak_blocks, a_plain_heap_has_no_blocks_but_may_hold_pointers)
{
        struct heap *plain = heap_create(false);
        void *lone = live(50), *lost = live(50);
        struct scanned scanned;
        struct block block;

        cr_assert(heap_alloc(plain, 64, 16, &block));
        memset(block.start, 0, block.usable);
        *(void **)block.start = lone;
        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, lone), FOUND_REACHED);
        cr_expect_eq(found(&scanned, lost), FOUND_DEFINITE);
        scanned_close(&scanned);
}

Test(leak_blocks, guarded_blocks_are_blocks)
{
        struct block guarded, freed;
        void *behind = live(30), *root;
        struct scanned scanned;

        cr_assert(guard_open(1));
        cr_assert(guard_alloc(100, 16, &guarded));
        cr_assert(guard_alloc(100, 16, &freed));
        atomic_store(guarded.side, RECORDER_LIVE | (guarded.usable - 100) << RECORDER_SLACK_SHIFT);
        guard_release(&freed);
        memset(guarded.start, 0, guarded.usable);
        *(void **)guarded.start = behind;
        root = guarded.start;
        scan(&scanned, &root, sizeof root);
        cr_expect_eq(found(&scanned, guarded.start), FOUND_REACHED);
        cr_expect_eq(found(&scanned, behind), FOUND_REACHED);
        scanned_close(&scanned);
        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, guarded.start), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, behind), FOUND_INDIRECT);
        scanned_close(&scanned);
}

Test(leak_blocks, what_cannot_be_read_is_not_read)
{
        struct block stack;
        char *start;
        void *low = live(30), *high = live(30), *root;
        struct leak_root range[3] = {{(uintptr_t)&root, (uintptr_t)(&root + 1), LEAK_ROOT_DATA, 0}};
        struct leak_roots roots = {.root = range, .count = 3, .max = 3};
        struct scanned scanned = {.marked.root_bytes = 0};

        cr_assert(heap_alloc(heap_of_test(), 200000, 4096, &stack));
        atomic_store(stack.side, RECORDER_LIVE | (stack.usable - 200000) << RECORDER_SLACK_SHIFT);
        root = start = stack.start;
        *(void **)(start + 8192) = low;
        *(void **)(start + 190000) = high;
        cr_assert_eq(mprotect(start, 4096, PROT_NONE), 0);
        cr_assert_eq(mprotect(start + 65536, 8192, PROT_NONE), 0);
        range[1] = (struct leak_root){(uintptr_t)start, (uintptr_t)start + 4096, LEAK_ROOT_HOLE, 0};
        range[2] = (struct leak_root){(uintptr_t)start + 65536, (uintptr_t)start + 65536 + 8192, LEAK_ROOT_HOLE, 0};
        cr_assert(leak_blocks_open(&scanned.blocks, &roots));
        mark(&scanned.blocks, &roots, LEAK_MARK_PLACES, NULL, &scanned.marked);
        cr_expect(scanned.blocks.state[number_of(&scanned, low)] & LEAK_REACHED);
        cr_expect(scanned.blocks.state[number_of(&scanned, high)] & LEAK_REACHED);
        leak_blocks_close(&scanned.blocks);

        range[0].end = range[0].start; /* the block is lost now, with what is in it */
        memset(&scanned, 0, sizeof scanned);
        cr_assert(leak_blocks_open(&scanned.blocks, &roots));
        mark(&scanned.blocks, &roots, LEAK_MARK_PLACES, NULL, &scanned.marked);
        cr_assert(leak_graph_open(&scanned.graph, &scanned.blocks, all_count));
        cr_expect_eq(found(&scanned, start + 8192), FOUND_DEFINITE);
        cr_expect_eq(charged_to(&scanned, low), start);
        cr_expect_eq(charged_to(&scanned, high), start);
        scanned_close(&scanned);
}

Test(leak_blocks, what_was_never_written_to_of_a_huge_block_is_not_read)
{
        enum { MIB = 1 << 20, BYTES = 600 * MIB };
        void *low = live(30), *middle = live(30), *high = live(30);
        struct block huge;
        char *start;
        struct scanned scanned;

        cr_assert(heap_alloc(heap_of_test(), BYTES, 16, &huge));
        atomic_store(huge.side, RECORDER_LIVE | (huge.usable - BYTES) << RECORDER_SLACK_SHIFT);
        start = huge.start;
        *(void **)(start + 16) = low;
        *(void **)(start + 300 * MIB - 8) = middle;
        *(void **)(start + BYTES - 8) = high;
        scan(&scanned, &start, sizeof start);
        cr_expect_eq(found(&scanned, low), FOUND_REACHED);
        cr_expect_eq(found(&scanned, middle), FOUND_REACHED);
        cr_expect_eq(found(&scanned, high), FOUND_REACHED);
        cr_expect_lt(scanned.marked.heap_bytes, 3 * MIB, "%zu", (size_t)scanned.marked.heap_bytes);
        scanned_close(&scanned);
        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, start), FOUND_DEFINITE);
        cr_expect_eq(charged_to(&scanned, middle), start);
        cr_expect_eq(charged_to(&scanned, high), start);
        scanned_close(&scanned);
}
