/* Memory given back to the kernel, and what happens when the kernel gives none. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/alloc/held.h"

enum { MIB = 1 << 20, COUNT = 4000, MORE = 48 * MIB };

static struct block blocks[COUNT];

static size_t statm_bytes(unsigned column)
{
        FILE *file = fopen("/proc/self/statm", "r");
        unsigned long pages[2];

        cr_assert_eq(fscanf(file, "%lu %lu", &pages[0], &pages[1]), 2);
        fclose(file);
        return pages[column] * (size_t)sysconf(_SC_PAGESIZE);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOW_SHIFT 3
#endif
#endif

/* What a sanitizer notes of memory stays resident when the memory goes. */
static size_t shadow_of(size_t bytes)
{
#ifdef SHADOW_SHIFT
        return bytes >> SHADOW_SHIFT;
#else
        (void)bytes;
        return 0;
#endif
}

static size_t resident_bytes(void)
{
        return statm_bytes(1);
}

static void fill(struct heap *heap, unsigned count, size_t bytes)
{
        for (unsigned i = 0; i < count; i++) {
                blocks[i] = hold(heap, bytes, 16, 1);
                memset(blocks[i].start, 1, bytes);
        }
}

static void empty(struct heap *heap, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                let_go(heap, blocks[i]);
}

Test(purge, little_free_memory_is_kept)
{
        struct heap *heap = heap_create(true);

        fill(heap, 40, 512 * 1024);
        size_t before = resident_bytes();
        empty(heap, 40);
        cr_assert_gt(resident_bytes(), before - MIB);
}

Test(purge, much_free_memory_goes_back_to_the_kernel)
{
        struct heap *heap = heap_create(true);

        fill(heap, 400, 512 * 1024);
        size_t before = resident_bytes();
        empty(heap, 400);
        cr_assert_lt(resident_bytes(), before - 120 * MIB);
}

Test(purge, trim_gives_everything_back_and_what_was_purged_is_zero)
{
        struct heap *heap = heap_create(true);
        size_t before = resident_bytes();

        fill(heap, 40, 512 * 1024);
        empty(heap, 40);
        cr_assert(heaps_trim(heap));
        cr_assert_lt(resident_bytes(), before + 2 * MIB + shadow_of((size_t)40 * 512 * 1024));
        cr_assert_not(heaps_trim(heap), "nothing is left to give");

        struct block block = hold(heap, MIB, 16, 1);

        cr_assert(block.zeroed);
        for (size_t i = 0; i < MIB; i++)
                cr_assert_eq(((char *)block.start)[i], 0);
}

/* What a program does that has nothing to do: a few blocks in a fast path, now and then. */
static void idle(struct heap *heap, unsigned ms)
{
        for (unsigned i = 0; i < ms; i++) {
                for (unsigned j = 0; j < 10; j++) {
                        void *start = heap_alloc_fast(heap, 100);

                        if (start && heap_free_fast(heap, start) == HEAP_FREE_EMPTIED)
                                heap_emptied(heap, start);
                        else if (!start)
                                let_go(heap, hold(heap, 100, 16, 1));
                }
                usleep(1000);
        }
}

static void decay_fast(void)
{
        struct purge_limits limits = purge_now();

        limits.decay_ms = 100;
        purge_set(limits);
}

static void goes_in_time(size_t bytes, unsigned count)
{
        struct heap *heap = heap_create(false);
        size_t before = resident_bytes();

        decay_fast();
        fill(heap, count, bytes);
        cr_assert_gt(resident_bytes(), before + count * bytes * 9 / 10);
        empty(heap, count);
        idle(heap, 500);
        cr_assert_lt(resident_bytes(), before + 6 * MIB + shadow_of(count * bytes), "%zu bytes", bytes);
}

Test(purge, what_has_been_free_for_a_while_goes_back_small_or_large)
{
        goes_in_time(3000, COUNT);
        goes_in_time(20000, COUNT);
        goes_in_time(500000, 100);
        goes_in_time(3000000, 20);
}

Test(purge, what_is_used_again_and_again_stays)
{
        struct heap *heap = heap_create(false);
        struct heap_usage usage;

        decay_fast();
        for (unsigned i = 0; i < 100; i++) {
                fill(heap, 40, 512 * 1024);
                empty(heap, 40);
                usleep(5000);
        }
        heaps_usage(&usage);
        cr_assert_lt(usage.purged_bytes, 5 * MIB);
}

Test(purge, the_current_slabs_of_a_heap_go_when_it_rests)
{
        struct heap *heap = heap_create(false);

        decay_fast();
        for (unsigned c = 0; c < HEAP_CLASSES; c++)
                let_go(heap, hold(heap, heap_class_bytes(c), 16, 1));
        cr_assert_geq(slabs_in_all(), HEAP_CLASSES);
        idle(heap, 500);
        cr_assert_leq(slabs_in_all(), 1);
}

Test(purge, no_retention_means_that_all_goes_at_once)
{
        struct heap *heap = heap_create(false);
        size_t before = resident_bytes();

        purge_set((struct purge_limits){.retain_bytes = 0, .most_bytes = 0, .decay_ms = 100});
        fill(heap, 200, 512 * 1024);
        empty(heap, 200);
        cr_assert_lt(resident_bytes(), before + 4 * MIB + shadow_of((size_t)200 * 512 * 1024));
}

Test(purge, it_ends_for_good_when_the_kernel_refuses)
{
        struct heap *heap = heap_create(true);

        fill(heap, 40, 512 * 1024);
        cr_assert_eq(mlock(blocks[20].start, 4096), 0);
        empty(heap, 40);
        heaps_trim(heap);
        cr_assert_not(heaps_trim(heap));

        struct block block = hold(heap, 2 * MIB - 4096, 16, 1);

        for (size_t i = 0; block.zeroed && i < block.usable; i++)
                cr_assert_eq(((char *)block.start)[i], 0, "said to be zeroed");
}

static void use_all_memory(size_t bytes)
{
        const rlim_t bytes_most = statm_bytes(0) + MORE;
        const struct rlimit limit = {bytes_most, bytes_most};
        struct heap *heap;
        unsigned count = 0;

        if (setrlimit(RLIMIT_AS, &limit) || !(heap = heap_create(true)))
                _exit(2);
        while (count < COUNT && heap_alloc(heap, bytes, 16, &blocks[count])) {
                memset(blocks[count].start, (int)count, bytes);
                count++;
        }
        if (count == COUNT || count * bytes < MORE / 2)
                _exit(3);
        for (unsigned i = 0; i < count; i++) {
                if (*(unsigned char *)blocks[i].start != (unsigned char)i)
                        _exit(4);
                heap_release(heap, &blocks[i]);
        }
        for (unsigned i = 0; i < count; i++) /* as much again, in another size */
                if (!heap_alloc(heap, bytes - 4096, 16, &blocks[i]))
                        _exit(5);
        _exit(0);
}

static int status_of_child(size_t bytes)
{
        int status;
        pid_t child = fork();

        if (!child)
                use_all_memory(bytes);
        cr_assert_eq(waitpid(child, &status, 0), child);
        return status;
}

Test(purge, when_there_is_no_memory_that_is_said_and_what_is_held_stays)
{
        cr_assert_eq(status_of_child(30000), 0);
        cr_assert_eq(status_of_child(100000), 0);
        cr_assert_eq(status_of_child(1000000), 0);
        cr_assert_eq(status_of_child(3000000), 0);
}
