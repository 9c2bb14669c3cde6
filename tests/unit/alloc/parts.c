/* Every resident byte of the pools is in exactly one part. */
#include "tests/unit/alloc/held.h"

#include <string.h>
#include <sys/mman.h>

#include "preload/alloc/parts.h"

enum { RANGES = 256, BLOCKS = 3000, PAGES = SEGMENT_BYTES / PAGE_GRAIN };

static struct range {
        const char *start;
        size_t bytes;
        uint64_t page[PAGES / 64]; /* of a segment */
} ranges[RANGES];
static unsigned range_count;
static size_t resident_all;

static size_t resident(const void *start, size_t bytes)
{
        static unsigned char seen[1 << 16];
        const char *at = start, *end = at + bytes;
        size_t sum = 0;

        for (const char *next; at < end; at = next) {
                char *page = (char *)((uintptr_t)at & ~(uintptr_t)(PAGE_GRAIN - 1));

                next = page + PAGE_GRAIN;
                cr_assert_eq(mincore(page, PAGE_GRAIN, seen), 0);
                if (seen[0] & 1)
                        sum += (size_t)((next < end ? next : end) - at);
        }
        return sum;
}

static void note(const void *start, size_t bytes, bool pages)
{
        struct range *range = &ranges[range_count++];

        cr_assert(range_count < RANGES);
        *range = (struct range){.start = start, .bytes = bytes};
        resident_all += resident(start, bytes);
        for (size_t page = 0; pages && page < bytes / PAGE_GRAIN; page++)
                if (resident(range->start + page * PAGE_GRAIN, PAGE_GRAIN))
                        range->page[page / 64] |= 1ull << (page % 64);
}

static const uint64_t *pages(const void *segment)
{
        for (unsigned i = 0; i < range_count; i++)
                if (ranges[i].start == segment)
                        return ranges[i].page;
        return NULL;
}

/* As the recorder has it: the slack in the side record. */
static size_t requested(uint64_t side, size_t usable)
{
        return usable - (side >> 1);
}

static struct heap_parts take(void)
{
        static const struct parts_known known = {pages, resident};
        struct heap_parts parts;

        /* To mincore a page that was read is resident, so all that will be read is read before. */
        heaps_parts(NULL, requested, &parts);
        range_count = 0;
        resident_all = 0;
        heaps_ranges(note);
        heaps_parts(&known, requested, &parts);
        return parts;
}

static size_t sum_of(const struct heap_parts *parts)
{
        size_t sum = parts->retained + parts->metadata + parts->side;

        for (unsigned i = 0; i < HEAP_POOLS; i++)
                sum += parts->pool[i].requested + parts->pool[i].rounding + parts->pool[i].free +
                       parts->pool[i].pending;
        return sum;
}

static size_t size_at(unsigned i)
{
        return i % 50 == 0 ? 40000 + i * 300 : i % 333 == 1 ? 3000000 : i * 53 % 33000;
}

static struct block hold_slack(struct heap *heap, size_t size)
{
        struct block block = hold(heap, size, 16, 1);

        atomic_store(block.side, (block.usable - size) << 1 | 1);
        return block;
}

Test(parts, add_up_to_what_is_resident)
{
        static struct block blocks[BLOCKS];
        struct heap *heap = heap_create(true), *plain = heap_create(false);
        size_t held = 0, parted = 0;
        struct heap_parts parts;

        for (unsigned i = 0; i < 500; i++)
                memset(hold(plain, i * 7 + 1, 16, 0).start, 1, 1);
        for (unsigned i = 0; i < BLOCKS; i++) {
                blocks[i] = hold_slack(heap, size_at(i));
                if (i % 4) /* some are touched only in part */
                        memset(blocks[i].start, 1, i % 5 ? blocks[i].usable : blocks[i].usable / 3);
        }
        for (unsigned i = 0; i < BLOCKS; i++)
                if (i % 3)
                        let_go(i % 2 ? heap : plain, blocks[i]);
                else
                        held += size_at(i);
        parts = take();
        cr_assert_eq(sum_of(&parts), resident_all, "%zu and %zu", sum_of(&parts), resident_all);
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                parted += parts.pool[i].requested + parts.pool[i].untouched;
        cr_assert_geq(parted, held);
        segment_purge(0);
        parts = take();
        cr_assert_eq(sum_of(&parts), resident_all, "after a purge: %zu and %zu", sum_of(&parts), resident_all);
}

Test(parts, what_is_asked_for_and_never_touched_is_told_apart)
{
        struct heap *heap = heap_create(true);
        struct block large = hold_slack(heap, 1 << 20), huge = hold_slack(heap, 16 << 20);
        const struct pool_parts *pool;
        struct heap_parts parts;

        memset(large.start, 1, 10 * PAGE_GRAIN);
        memset(huge.start, 1, 20 * PAGE_GRAIN);
        parts = take();
        pool = &parts.pool[HEAP_CLASSES];
        cr_assert_eq(pool[0].requested, 10 * PAGE_GRAIN);
        cr_assert_eq(pool[0].untouched, (1 << 20) - 10 * PAGE_GRAIN);
        cr_assert_eq(pool[1].requested, 20 * PAGE_GRAIN);
        cr_assert_eq(pool[1].untouched, (16 << 20) - 20 * PAGE_GRAIN);
}

Test(parts, blocks_that_others_have_freed_wait_to_be_taken_in)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);
        struct block block[8];
        struct heap_parts parts;
        unsigned class = size_class_of(500);

        for (unsigned i = 0; i < 8; i++)
                block[i] = hold_slack(heap, 500);
        for (unsigned i = 0; i < 5; i++) {
                let_go(other, block[i]);
                atomic_store(block[i].side, 1ull << 62 | i); /* what a caller may leave there */
        }
        parts = take();
        cr_assert_eq(parts.pool[class].pending, 5 * block[0].usable);
        cr_assert_eq(parts.pool[class].requested, 3 * 500);
        cr_assert_eq(parts.pool[class].rounding, 3 * (block[0].usable - 500));
        cr_assert_eq(parts.pool[class].slabs_occupied[0], 1);
}
