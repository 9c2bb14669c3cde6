/* Little address space: what one size has left is there for another, and nothing of ours lies in anybody's way. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/alloc/held.h"

enum { MIB = 1 << 20, MORE = 24 * MIB, THREADS = 3, ROUNDS = 40 };

/* A chain of blocks; the links are in the blocks. */
struct link {
        struct link *next;
        uintptr_t key;
};

static void limit_memory(void)
{
        FILE *file = fopen("/proc/self/statm", "r");
        unsigned long pages;
        struct rlimit limit;

        if (!file || fscanf(file, "%lu", &pages) != 1)
                _exit(100);
        fclose(file);
        limit.rlim_cur = limit.rlim_max = pages * (rlim_t)sysconf(_SC_PAGESIZE) + MORE;
        if (setrlimit(RLIMIT_AS, &limit))
                _exit(101);
}

static struct link *fill(struct heap *heap, size_t bytes, size_t count_most, size_t *ret_count)
{
        struct link *all = NULL;
        struct block block;
        size_t count = 0;

        for (; count < count_most && heap_alloc(heap, bytes, 16, &block); count++) {
                struct link *link = block.start;

                *link = (struct link){.next = all, .key = (uintptr_t)link ^ bytes};
                if (block.side)
                        atomic_store_explicit(block.side, link->key, memory_order_release);
                all = link;
        }
        *ret_count = count;
        return all;
}

static void empty(struct heap *heap, struct link *all, size_t bytes)
{
        while (all) {
                struct link *next = all->next;
                struct block block;

                if (heap_find(all, &block) != BLOCK_FOUND || all->key != ((uintptr_t)all ^ bytes))
                        _exit(102);
                if (block.side && atomic_exchange(block.side, 0) != all->key)
                        _exit(103);
                heap_release(heap, &block);
                all = next;
        }
}

static size_t bytes_had(struct heap *heap, size_t bytes)
{
        size_t count;
        struct link *all = fill(heap, bytes, SIZE_MAX, &count);

        empty(heap, all, bytes);
        return count * bytes;
}

static int status_of_child(void (*act)(bool), bool sided)
{
        int status;
        pid_t child = fork();

        if (!child) {
                act(sided);
                _exit(0);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        return status;
}

static void use_all_in_rounds(bool sided)
{
        struct heap *heap = heap_create(sided);

        limit_memory();
        for (int round = 0; round < 4; round++) {
                if (bytes_had(heap, 1000000) < 16 * MIB)
                        _exit(1);
                if (bytes_had(heap, 10000) < 16 * MIB)
                        _exit(2);
                if (bytes_had(heap, 100) < 16 * MIB)
                        _exit(3);
                if (bytes_had(heap, 5000000) < 10000000)
                        _exit(4);
        }
}

Test(limits, every_size_is_had_again_after_every_other)
{
        cr_assert_eq(status_of_child(use_all_in_rounds, false), 0);
        cr_assert_eq(status_of_child(use_all_in_rounds, true), 0);
}

/* The smallest blocks have the largest arrays of records, which then serve all other slabs. */
static void use_all_after_the_smallest(bool sided)
{
        struct heap *heap = heap_create(sided);
        size_t first = 0;

        limit_memory();
        for (int round = 0; round < 4; round++) {
                if (bytes_had(heap, 16) < 12 * MIB)
                        _exit(1);
                if (bytes_had(heap, 2000) < 12 * MIB)
                        _exit(2);

                size_t bytes = bytes_had(heap, 100);

                if (bytes < 12 * MIB || bytes < first)
                        _exit(3);
                first = bytes;
        }
}

Test(limits, records_that_were_made_are_used_for_other_sizes)
{
        cr_assert_eq(status_of_child(use_all_after_the_smallest, true), 0);
}

struct worker {
        pthread_t thread;
        struct heap *heap;
        uint64_t random;
};

static pthread_barrier_t begin;

static void *work(void *argument)
{
        static const size_t sizes[] = {16, 100, 1000, 10000, 100000, 1000000, 3000000, 5000000};
        struct worker *worker = argument;

        pthread_barrier_wait(&begin);
        for (unsigned i = 0; i < ROUNDS; i++) {
                worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;

                /* Not the smallest with records: a third of the memory would stay records. */
                size_t bytes = sizes[worker->random >> 61 | worker->heap->sided], count;
                size_t bytes_most = (size_t)(4 + (worker->random >> 33 & 15)) * MIB; /* sometimes all of it */

                empty(worker->heap, fill(worker->heap, bytes, bytes_most / bytes, &count), bytes);
        }
        heap_retire(worker->heap);
        return NULL;
}

static void use_all_in_threads(bool sided)
{
        struct heap *heap = heap_create(sided);
        struct worker workers[THREADS];

        pthread_barrier_init(&begin, NULL, THREADS + 1);
        for (unsigned i = 0; i < THREADS; i++) {
                workers[i] = (struct worker){.heap = heap_create((sided + i) % 2), .random = i};
                pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        }
        limit_memory();
        pthread_barrier_wait(&begin);
        for (unsigned i = 0; i < THREADS; i++)
                pthread_join(workers[i].thread, NULL);
        if (bytes_had(heap, 1000000) < 8 * MIB)
                _exit(1);
        if (bytes_had(heap, 5000000) < 5000000)
                _exit(2);
}

Test(limits, threads_that_use_all_memory_fail_and_go_on, .timeout = 60)
{
        for (unsigned i = 0; i < 4; i++)
                cr_assert_eq(status_of_child(use_all_in_threads, i % 2), 0);
}

static size_t hollow_segments(void)
{
        struct segment_usage usage;

        segment_usage(&usage);
        return usage.hollow;
}

static size_t mapped_bytes(void)
{
        struct heap_usage usage;

        heaps_usage(&usage);
        return usage.mapped_bytes;
}

Test(limits, a_hollow_segment_is_foreign_throughout_and_filled_again_when_needed)
{
        struct heap *heap = heap_create(true);
        struct block kept = hold(heap, 100, 16, 1), large[3], found;

        for (unsigned i = 0; i < 3; i++)
                large[i] = hold(heap, 2 * MIB, 16, 1);
        memset(large[2].start, 1, 2 * MIB);
        for (unsigned i = 0; i < 3; i++)
                let_go(heap, large[i]);

        size_t mapped_before = mapped_bytes(), segments_before = segment_count();

        cr_assert(segment_hollow());
        cr_assert_not(segment_hollow(), "nothing is left to unmap");
        cr_assert_eq(hollow_segments(), 2);
        cr_assert_eq(mapped_bytes(), mapped_before - 2 * (size_t)(SEGMENT_BYTES - SLICE_BYTES));

        uintptr_t segment = (uintptr_t)large[2].start & ~(uintptr_t)(SEGMENT_BYTES - 1);

        for (uintptr_t word = segment; word < segment + SEGMENT_BYTES; word += 512)
                cr_assert_eq(heap_find((void *)word, &found), BLOCK_FOREIGN);
        for (unsigned i = 0; i < 3; i++)
                large[i] = hold(heap, 2 * MIB, 16, 1);
        cr_assert_eq(hollow_segments(), 0);
        cr_assert_eq(segment_count(), segments_before);
        for (size_t i = 0; i < 2 * MIB; i++)
                cr_assert_eq(((char *)large[2].start)[i], 0);
        cr_assert_eq(atomic_load(kept.side), 1);
}

Test(limits, what_others_map_into_a_hollow_segment_is_left_alone)
{
        struct heap *heap = heap_create(true);
        struct block kept = hold(heap, 100, 16, 1), second, found;

        hold(heap, 2 * MIB, 16, 1);
        second = hold(heap, 2 * MIB, 16, 1);
        cr_assert_neq((uintptr_t)kept.start / SEGMENT_BYTES, (uintptr_t)second.start / SEGMENT_BYTES);
        let_go(heap, second);
        cr_assert(segment_hollow());

        char *theirs = mmap((char *)second.start + MIB, 4096, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        cr_assert_eq(theirs, (char *)second.start + MIB);
        *theirs = 'x';
        cr_assert_eq(heap_find(theirs, &found), BLOCK_FOREIGN);
        for (unsigned i = 0; i < 10; i++) {
                struct block block = hold(heap, 2 * MIB, 16, 1);

                memset(block.start, 1, 2 * MIB);
                cr_assert_neq((uintptr_t)block.start / SEGMENT_BYTES, (uintptr_t)second.start / SEGMENT_BYTES);
        }
        cr_assert_eq(*theirs, 'x');
        cr_assert_eq(hollow_segments(), 1);

        munmap(theirs, 4096);
        hold(heap, 2 * MIB, 16, 1);
        cr_assert_eq(hollow_segments(), 0);
}
