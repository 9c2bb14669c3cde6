/* Guarded blocks: how they lie, who finds them, and what happens beyond. */
#include "preload/check/guard.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static struct block held(size_t size, size_t alignment)
{
        struct block block, found;

        cr_assert(guard_alloc(size, alignment, &block));
        cr_assert_eq((uintptr_t)block.start % alignment, 0);
        cr_assert_geq(block.usable, size);
        cr_assert_lt(block.usable - size, alignment + (size == 0));
        cr_assert_eq(((uintptr_t)block.start + block.usable) % PAGE_GRAIN, 0);
        cr_assert_eq(guard_find(block.start, &found), BLOCK_FOUND);
        cr_assert_eq(found.usable, block.usable);
        cr_assert_eq(found.side, block.side);
        cr_assert(guard_has(&found));
        memset(block.start, 1, block.usable);
        return block;
}

Test(guard, blocks_end_where_their_page_ends)
{
        cr_assert(guard_open(1));
        for (size_t alignment = 16; alignment <= 4096; alignment *= 2)
                for (size_t size = 0; size <= 4096; size += 61) {
                        struct block block = held(size, alignment);

                        guard_release(&block);
                }
}

Test(guard, what_is_inside_or_beside_is_told_apart)
{
        struct block block, found;

        cr_assert_eq(guard_find((void *)0x1000, &found), BLOCK_FOREIGN, "before it is open");
        cr_assert(guard_open(1));
        block = held(100, 16);
        cr_expect_eq(guard_find((char *)block.start + 16, &found), BLOCK_INTERIOR);
        cr_expect_eq(found.start, block.start);
        cr_expect_eq(guard_find((char *)block.start + block.usable, &found), BLOCK_FOREIGN);
        cr_expect_eq(guard_find((char *)block.start - 16, &found), BLOCK_FOREIGN);
        cr_expect_eq(guard_find((char *)block.start + 2 * PAGE_GRAIN, &found), BLOCK_FOREIGN, "no block there yet");
        cr_expect_eq(guard_find(&block, &found), BLOCK_FOREIGN);
        guard_release(&block);
        cr_expect_eq(guard_find(block.start, &found), BLOCK_FOUND, "its record says that it is free");
}

Test(guard, one_in_so_many_is_guarded_while_there_are_slots_and_no_big_one)
{
        struct block block[GUARD_SLOTS + 1], other;
        unsigned guarded = 0;

        cr_assert(guard_open(10));
        cr_expect_not(guard_alloc(4097, 16, &other));
        cr_expect_not(guard_alloc(100, 8192, &other));
        for (unsigned i = 0; i < 10 * GUARD_SLOTS; i++)
                guarded += guard_alloc(100, 16, &block[guarded]);
        cr_expect_eq(guarded, GUARD_SLOTS);
        for (unsigned i = 0; i < 20; i++)
                cr_expect_not(guard_alloc(100, 16, &other));
        guard_release(&block[3]);
        guarded = 0;
        for (unsigned i = 0; i < 10; i++)
                guarded += guard_alloc(100, 16, &other);
        cr_expect_eq(guarded, 1);
}

static void count(void *context, const struct heap_visited *visited)
{
        *(size_t *)context += visited->usable;
}

Test(guard, the_walk_sees_blocks_in_use)
{
        struct block block, other;
        size_t bytes = 0;

        cr_assert(guard_open(1));
        block = held(100, 16);
        other = held(200, 16);
        guard_walk(count, &bytes);
        cr_expect_eq(bytes, 0, "they have no record yet");
        atomic_store(block.side, UINT64_C(1) << 63);
        atomic_store(other.side, UINT64_C(1) << 63);
        guard_walk(count, &bytes);
        cr_expect_eq(bytes, 112 + 208);
        atomic_store(block.side, UINT64_C(1) << 62);
        bytes = 0;
        guard_walk(count, &bytes);
        cr_expect_eq(bytes, 208);
}

Test(guard, the_byte_behind_a_block_is_out_of_reach, .signal = SIGSEGV)
{
        struct block block;

        signal(SIGSEGV, SIG_DFL); /* AddressSanitizer has a handler */
        cr_assert(guard_open(1));
        block = held(64, 16);
        ((volatile char *)block.start)[64] = 1;
}

Test(guard, a_freed_block_is_out_of_reach, .signal = SIGSEGV)
{
        struct block block;

        signal(SIGSEGV, SIG_DFL);
        cr_assert(guard_open(1));
        block = held(64, 16);
        guard_release(&block);
        ((volatile char *)block.start)[0] = 1;
}
