/* The quarantine: in the order of arrival, within its bound, each block once, whoever puts in and takes out. */
#include "preload/check/quarantine.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { BYTES = 100, LIMIT = 1000, THREADS = 4, BLOCKS = 100000 };

static uintptr_t left[BLOCKS * THREADS];
static size_t left_count;
static _Atomic uint8_t left_times[BLOCKS * THREADS];

static void note(void *context, void *start)
{
        (void)context;
        left[left_count++] = (uintptr_t)start;
        quarantine_left(BYTES);
}

Test(quarantine, blocks_leave_in_the_order_of_their_coming_when_there_are_too_many_bytes)
{
        cr_assert(quarantine_open(LIMIT));
        for (uintptr_t i = 1; i <= 25; i++) {
                quarantine_put((void *)i, BYTES, note, NULL);
                cr_assert_eq(left_count, i <= 10 ? 0 : i - 10);
        }
        for (uintptr_t i = 0; i < left_count; i++)
                cr_assert_eq(left[i], i + 1);
        quarantine_clear(note, NULL);
        cr_assert_eq(left_count, 25);
        quarantine_clear(note, NULL);
        cr_assert_eq(left_count, 25);
}

Test(quarantine, big_blocks_are_not_taken)
{
        cr_assert(quarantine_open(LIMIT));
        cr_expect(quarantine_takes(LIMIT / 4));
        cr_expect_not(quarantine_takes(LIMIT / 4 + 1));
}

Test(quarantine, more_blocks_than_places_leave_too)
{
        cr_assert(quarantine_open((size_t)1 << 40));
        for (uintptr_t i = 1; i <= 100000; i++)
                quarantine_put((void *)i, BYTES, note, NULL);
        cr_assert_eq(left_count, 100000 - 65536);
        cr_assert_eq(left[0], 1);
        quarantine_clear(note, NULL);
        cr_assert_eq(left_count, 100000);
}

Test(quarantine, without_one_there_is_nothing_to_clear)
{
        quarantine_clear(note, NULL);
        cr_assert_eq(left_count, 0);
}

static void note_times(void *context, void *start)
{
        (void)context;
        atomic_fetch_add(&left_times[(uintptr_t)start - 1], 1);
        quarantine_left(BYTES);
}

static void *put_many(void *first)
{
        for (uintptr_t i = 0; i < BLOCKS; i++)
                quarantine_put((void *)((uintptr_t)first + i), BYTES, note_times, NULL);
        return NULL;
}

Test(quarantine, with_many_threads_each_block_leaves_once)
{
        pthread_t thread[THREADS];

        cr_assert(quarantine_open(50 * BYTES));
        for (uintptr_t i = 0; i < THREADS; i++)
                cr_assert_eq(pthread_create(&thread[i], NULL, put_many, (void *)(i * BLOCKS + 1)), 0);
        for (int i = 0; i < THREADS; i++)
                pthread_join(thread[i], NULL);
        quarantine_clear(note_times, NULL);
        for (size_t i = 0; i < BLOCKS * THREADS; i++)
                cr_assert_eq(left_times[i], 1);
}
