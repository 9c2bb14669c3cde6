/* The draws of a sample against theory, and that no way of allocating escapes it. Seeds are fixed, so that what passes
 * once passes always; bounds are five standard deviations or the like of it. */
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/alloc/huge.h"
#include "preload/alloc/large.h"
#include "tests/unit/alloc/held.h"

enum { RATE = 4096, CELLS = 20 };

static double taken_share(double bytes, double rate)
{
        return -expm1(-bytes / rate);
}

static void expect_near(double got, double wanted, double deviation, const char *what)
{
        cr_assert(fabs(got - wanted) <= 5 * deviation, "%s: %g, not %g (one standard deviation: %g)", what, got, wanted,
                  deviation);
}

static unsigned class_of(size_t bytes)
{
        return size_class_of(bytes);
}

/* Chi-square of CELLS - 1 degrees of freedom: above 60 once in 200,000 times. */
static void expect_geometric(size_t bytes, unsigned seed)
{
        static struct sampling sampling;
        enum { DRAWS = 200000 };
        double chi = 0, left = 1;
        unsigned seen[CELLS] = {0}, wide = (unsigned)ceil(2 * (double)RATE / (double)bytes / CELLS),
                 c = class_of(bytes);

        samplings_open(RATE, seed);
        sampling_begin(&sampling);
        for (unsigned i = 0; i < DRAWS; i++) {
                unsigned passed = sampling.until[c];

                sampling_pass(&sampling, c, passed);
                cr_assert(sampling_takes_class(&sampling, c));
                seen[passed / wide < CELLS ? passed / wide : CELLS - 1]++;
        }
        for (unsigned i = 0; i < CELLS; i++) {
                double rest = i + 1 < CELLS ? exp(-(double)(bytes * wide * (i + 1)) / RATE) : 0;
                double wanted = DRAWS * (left - rest);

                chi += (seen[i] - wanted) * (seen[i] - wanted) / wanted;
                left = rest;
        }
        cr_assert(chi < 60, "class of %zu bytes: chi-square %g", bytes, chi);
}

Test(sampling, what_is_passed_over_is_distributed_geometrically)
{
        expect_geometric(16, 1);
        expect_geometric(48, 2);
        expect_geometric(512, 3);
        expect_geometric(4096, 4);
}

Test(sampling, a_distance_is_distributed_exponentially)
{
        static struct sampling sampling;
        enum { DRAWS = 400000 };
        double sum = 0, squares = 0;

        samplings_open(1 << 20, 5);
        sampling_begin(&sampling);
        for (unsigned i = 0; i < DRAWS; i++) {
                double x = ldexp((double)sampling_distance(&sampling), -SAMPLING_SHIFT - 20);

                sum += x;
                squares += x * x;
        }
        expect_near(sum / DRAWS, 1, 1 / sqrt(DRAWS), "mean");
        expect_near(squares / DRAWS, 2, sqrt(20.0 / DRAWS), "mean square"); /* the fourth moment is 24 */
}

Test(sampling, a_block_is_taken_by_its_size)
{
        static struct sampling sampling;
        enum { DRAWS = 200000 };

        samplings_open(RATE, 6);
        sampling_begin(&sampling);
        for (size_t bytes = 512; bytes <= 65536; bytes *= 2) {
                double wanted = taken_share((double)bytes, RATE);
                unsigned taken = 0;

                for (unsigned i = 0; i < DRAWS; i++)
                        taken += sampling_takes(&sampling, bytes);
                expect_near((double)taken / DRAWS, wanted, sqrt(wanted * (1 - wanted) / DRAWS) + 1e-9, "share");
        }
}

/* What has shrunk is in the sample as often as if it had been allocated as small. */
Test(sampling, a_block_that_shrinks_is_kept_by_what_is_left)
{
        static struct sampling sampling;
        enum { DRAWS = 100000 };
        static const size_t bytes[][2] = {{100, 1},     {4000, 1000},   {5000, 1000},
                                          {5000, 4999}, {100000, 1000}, {100000, 10000}};

        samplings_open(RATE, 7);
        sampling_begin(&sampling);
        for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
                double wanted = taken_share((double)bytes[i][1], RATE) / taken_share((double)bytes[i][0], RATE);
                unsigned kept = 0;

                for (unsigned draw = 0; draw < DRAWS; draw++)
                        kept += sampling_keeps(&sampling, bytes[i][0], bytes[i][1]);
                expect_near((double)kept / DRAWS, wanted, sqrt(wanted * (1 - wanted) / DRAWS) + 1e-9, "share");
        }
        cr_assert(sampling_keeps(&sampling, 1000, 1000));
        cr_assert(sampling_keeps(&sampling, 1000, 2000));
}

/* As plain.c does it: the fast path, then the credit anew, then the slow path. */
static struct block allocate(struct heap *heap, size_t size)
{
        struct block block = {.start = NULL};
        unsigned c = size <= SIZE_CLASS_BYTES_MAX ? size_class_of(size) : SIZE_CLASSES;

        if (c < SIZE_CLASSES) {
                block.start = heap_alloc_medium(heap, c);
                if (!block.start && heap_renew(heap, c))
                        block.start = heap_alloc_medium(heap, c);
                block.usable = size_classes[c].bytes;
        }
        if (!block.start)
                cr_assert(heap_alloc(heap, size, 16, &block));
        if (block.side)
                atomic_store(block.side, UINT64_C(1) << 63);
        return block;
}

static void give_back(struct heap *heap, const struct block *allocated)
{
        struct block block;

        if (!allocated->side && allocated->usable <= SIZE_CLASS_BYTES_MAX) {
                enum heap_free_status status = heap_free_fast(heap, allocated->start);

                if (status == HEAP_FREE_EMPTIED)
                        heap_emptied(heap, allocated->start);
                if (status != HEAP_FREE_NO)
                        return;
        }
        cr_assert_eq(heap_find(allocated->start, &block), BLOCK_FOUND);
        cr_assert_eq(block.side, allocated->side);
        if (block.side) {
                cr_assert_eq(heap_free_fast(heap, allocated->start), HEAP_FREE_NO, "a sampled block was freed unseen");
                atomic_store(block.side, 0);
        }
        heap_release(heap, &block);
}

/* The sampled share of allocations of that size, of which `hold` live at a time. */
static void expect_share(struct heap *heap, size_t size, unsigned count, unsigned hold)
{
        static struct block blocks[1000];
        double wanted = 0;
        unsigned taken = 0;

        for (unsigned i = 0; i < count; i++) {
                struct block *block = &blocks[i % hold];

                if (i >= hold)
                        give_back(heap, block);
                *block = allocate(heap, size);
                taken += block->side != NULL;
                wanted = taken_share((double)block->usable, RATE);
        }
        for (unsigned i = 0; i < hold; i++)
                give_back(heap, &blocks[i]);
        expect_near((double)taken / count, wanted, sqrt(wanted * (1 - wanted) / count) + 1e-9, "share of allocations");
}

Test(sampling, no_way_of_allocating_escapes)
{
        struct heap *heap;

        samplings_open(RATE, 8);
        heap = heap_create(false);
        expect_share(heap, 16, 400000, 1);
        expect_share(heap, 16, 400000, 1000);
        expect_share(heap, 500, 100000, 1000);
        expect_share(heap, 3000, 50000, 300);
        expect_share(heap, 20000, 10000, 100);
        expect_share(heap, 40000, 2000, 10);
        expect_share(heap, 3 << 20, 100, 2);
}

/* Classes are drawn for each by itself: a mixture is no other than each of its parts. */
Test(sampling, sizes_by_turns_are_sampled_like_each_alone)
{
        static const size_t sizes[] = {16, 32, 100, 700, 2500};
        struct heap *heap;
        unsigned taken[5] = {0}, count = 200000;

        samplings_open(RATE, 9);
        heap = heap_create(false);
        for (unsigned i = 0; i < count; i++)
                for (unsigned s = 0; s < 5; s++) {
                        struct block block = allocate(heap, sizes[s]);

                        taken[s] += block.side != NULL;
                        give_back(heap, &block);
                }
        for (unsigned s = 0; s < 5; s++) {
                double wanted = taken_share((double)size_classes[size_class_of(sizes[s])].bytes, RATE);

                expect_near((double)taken[s] / count, wanted, sqrt(wanted * (1 - wanted) / count),
                            "share of a mixture");
        }
}

/* An estimate for each of many seeds: its mean is the truth, and its variance is what the analyzer says it is. */
Test(sampling, an_estimate_is_unbiased_and_as_uncertain_as_is_said)
{
        enum { SEEDS = 400, COUNT = 3000 };
        const double size = 200, usable = 208, share = taken_share(usable, RATE), truth = size * COUNT;
        double sum = 0, squares = 0, said = 0;

        for (unsigned seed = 0; seed < SEEDS; seed++) {
                struct heap *heap;
                double estimate = 0;

                samplings_open(RATE, 100 + seed);
                heap = heap_create(false);
                for (unsigned i = 0; i < COUNT; i++) {
                        struct block block = allocate(heap, (size_t)size);

                        if (block.side) {
                                estimate += size / share;
                                said += size * size * (1 - share) / (share * share) / SEEDS;
                        }
                        give_back(heap, &block);
                }
                heap_retire(heap);
                sum += estimate;
                squares += (estimate - truth) * (estimate - truth);
        }
        double variance = COUNT * size * size * (1 - share) / share;

        expect_near(sum / SEEDS, truth, sqrt(variance / SEEDS), "mean of the estimates");
        expect_near(squares / SEEDS, variance, variance * sqrt(2.0 / SEEDS), "their variance");
        expect_near(said, variance, variance * 0.02, "what is said of it");
}

/* Grown step by step or shrunk, in place or by a move of pages: sampled as if allocated with that size. */
static void expect_resized(struct heap *heap, size_t from, size_t to, unsigned count, double rate)
{
        unsigned taken = 0;
        double wanted = 0;

        for (unsigned i = 0; i < count; i++) {
                struct block block = allocate(heap, from), found;
                enum heap_resize_status status;

                cr_assert_eq(heap_find(block.start, &found), BLOCK_FOUND);
                status = heap_resize(heap, &found, to);
                cr_assert_neq(status, HEAP_RESIZE_NO, "%zu to %zu", from, to);
                taken += found.side != NULL;
                wanted = taken_share((double)found.usable, rate);
                if (found.side)
                        atomic_store(found.side, UINT64_C(1) << 63);
                give_back(heap, &found);
        }
        expect_near((double)taken / count, wanted, sqrt(wanted * (1 - wanted) / count) + 1e-9,
                    "share of resized blocks");
}

Test(sampling, a_block_that_changes_its_size_is_sampled_by_the_new_one)
{
        struct heap *heap;

        samplings_open(65536, 10);
        heap = heap_create(false);
        expect_resized(heap, 40000, 120000, 4000, 65536);
        expect_resized(heap, 200000, 40000, 4000, 65536);
        expect_resized(heap, 1100, 1050, 100000, 65536); /* of a small one nothing changes */
        samplings_open(1 << 23, 11);
        expect_resized(heap, 3 << 20, 12 << 20, 2000, 1 << 23);
        expect_resized(heap, 12 << 20, 3 << 20, 2000, 1 << 23);
}

Test(sampling, a_record_that_comes_late_is_empty)
{
        struct heap *heap = heap_create(false); /* brings a segment */
        struct slab *slab = large_create(100000, 16, false);
        struct huge *huge = huge_create(5 << 20, 16, false);

        cr_assert(heap && slab && huge);
        cr_assert_null(atomic_load(&slab->side));
        slab_large_side(slab, true);
        atomic_store(atomic_load(&slab->side), 7);
        slab_large_side(slab, true);
        cr_assert_eq(atomic_load(atomic_load(&slab->side)), 7);
        slab_large_side(slab, false);
        cr_assert_null(atomic_load(&slab->side));
        slab_large_side(slab, true);
        cr_assert_eq(atomic_load(atomic_load(&slab->side)), 0);
        large_destroy(slab);

        atomic_store(&huge->record, 7);
        huge_side(huge, true);
        cr_assert_eq(atomic_load(&huge->record), 0);
        huge_destroy(huge);
}

/* Or each of a server's children would sample what its siblings do. */
Test(sampling, a_forked_child_samples_something_else)
{
        struct heap *heap;
        struct sampling before;
        int status;

        samplings_open(RATE, 12);
        heap = heap_create(false);
        before = heap->sampling;
        if (fork() == 0) {
                samplings_seed(13);
                heaps_after_fork(heap);
                _exit(memcmp(before.until, heap->sampling.until, sizeof before.until) == 0);
        }
        wait(&status);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(sampling, another_heap_takes_a_sampled_block_back)
{
        struct heap *heap, *other;
        struct block block, found;

        samplings_open(1, 14); /* every block */
        heap = heap_create(false);
        other = heap_create(false);
        block = allocate(heap, 100);
        cr_assert_not_null(block.side);
        cr_assert_eq(heap_find(block.start, &found), BLOCK_FOUND);
        cr_assert_not(heap_free_remote(other, found.slab, block.start), "a sampled block was freed unseen");
        atomic_store(found.side, 0);
        heap_release(other, &found);
        heap_retire(heap);
        cr_assert_eq(heap_find(block.start, &found), BLOCK_FOREIGN, "its slab is given back with its heap");
}

/* Neither for what is drawn, nor for what counts the allocations. */
Test(sampling, what_was_allocated_before_does_not_count)
{
        struct heap *heap = heap_create(false);
        struct block block;
        uint64_t allocated;

        for (unsigned i = 0; i < 30; i++)
                block = allocate(heap, 100);
        samplings_open(RATE, 15);
        heap_sample(heap);
        cr_assert(heap->sampling.on);
        allocated = heap_allocated(heap);
        cr_assert_eq(allocated, 30);
        give_back(heap, &block);
        block = allocate(heap, 200);
        cr_assert_eq(heap_allocated(heap), allocated + (block.side == NULL));
}
