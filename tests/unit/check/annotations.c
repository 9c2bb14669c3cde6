/* What the program says of its blocks: kept for as long as they are the same blocks. */
#include "preload/annotations.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "preload/alloc/heap.h"
#include "preload/record/recorder.h"

enum { BLOCKS = 20000 };

static const struct block *wanted;
static size_t count_all, count_wanted;

static void count(void *context, uintptr_t start, uint64_t check)
{
        const uint64_t *record = context;

        count_all++;
        count_wanted += wanted && start == (uintptr_t)wanted->start && check == annotations_check(*record);
}

/* How often this block is there with that record. */
static size_t there(const struct block *block, uint64_t record)
{
        wanted = block;
        count_all = count_wanted = 0;
        annotations_ignored_each(count, &record);
        return count_wanted;
}

static struct block allocated(struct heap *heap, uint64_t record)
{
        struct block block;

        cr_assert(heap_alloc(heap, 48, 16, &block));
        atomic_store(block.side, record);
        return block;
}

static const uint64_t live = RECORDER_LIVE | 4711;

Test(annotations, a_block_is_kept_with_its_record)
{
        struct heap *heap = heap_create(true);
        struct block block = allocated(heap, live), other = allocated(heap, live);

        annotations_ignore(block.start, live);
        cr_expect_eq(there(&block, live), 1);
        cr_expect_eq(there(&block, live + 1), 0);
        cr_expect_eq(there(&other, live), 0);
}

Test(annotations, an_object_is_found_by_any_address_in_it)
{
        struct heap *heap = heap_create(true);
        struct block block = allocated(heap, live), gone = allocated(heap, 0);

        annotations_ignore_object((char *)block.start + 40);
        annotations_ignore_object((char *)gone.start);
        annotations_ignore_object(&block);
        annotations_ignore_object(NULL);
        cr_expect_eq(there(&block, live), 1);
        cr_expect_eq(count_all, 1);
}

Test(annotations, no_block_is_lost_when_there_are_many)
{
        static struct block block[BLOCKS];
        struct heap *heap = heap_create(true);

        for (size_t i = 0; i < BLOCKS; i++) {
                block[i] = allocated(heap, live + i);
                annotations_ignore(block[i].start, live + i);
        }
        there(NULL, 0);
        cr_expect_eq(count_all, BLOCKS);
        for (size_t i = 0; i < BLOCKS; i += 997)
                cr_expect_eq(there(&block[i], live + i), 1);
}

Test(annotations, places_of_freed_blocks_are_used_again)
{
        struct heap *heap = heap_create(true);

        for (size_t i = 0; i < 50 * BLOCKS; i++) {
                struct block block = allocated(heap, live + i);

                annotations_ignore(block.start, live + i);
                atomic_store(block.side, 0);
                if (i % 2)
                        heap_release(heap, &block);
        }
        there(NULL, 0);
        cr_expect_lt(count_all, BLOCKS, "%zu", count_all);
}

static uintptr_t last_start, last_end;
static size_t regions;

static void count_region(void *context, uintptr_t start, uintptr_t end)
{
        (void)context;
        regions++;
        last_start = start;
        last_end = end;
}

static size_t regions_now(void)
{
        regions = 0;
        annotations_regions_each(count_region, NULL);
        return regions;
}

Test(annotations, regions_come_and_go_one_by_one)
{
        char *at = (char *)0x10000;

        annotations_region_add(at, 0);
        annotations_region_add(NULL, 8);
        cr_expect_eq(regions_now(), 0);
        for (int i = 0; i < 1000; i++)
                annotations_region_add(at + 16 * i, 16);
        annotations_region_add(at, 16);
        cr_expect_eq(regions_now(), 1001);
        annotations_region_remove(at, 8);
        annotations_region_remove(at + 8, 16);
        cr_expect_eq(regions_now(), 1001);
        annotations_region_remove(at, 16);
        cr_expect_eq(regions_now(), 1000);
        for (int i = 0; i < 999; i++)
                annotations_region_remove(at + 16 * i, 16);
        cr_expect_eq(regions_now(), 1);
        cr_expect_eq(last_start, 0x10000 + 16 * 999);
        cr_expect_eq(last_end, 0x10000 + 16 * 1000);
        annotations_region_add((void *)(UINTPTR_MAX - 7), 16);
        regions_now();
        cr_expect(last_end == UINTPTR_MAX || last_start != UINTPTR_MAX - 7);
}

Test(annotations, the_last_scan_can_be_declined)
{
        cr_expect(annotations_exit_scan_wanted());
        annotations_finish();
        cr_expect_not(annotations_exit_scan_wanted());
}
