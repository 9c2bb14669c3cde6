/* Many threads allocate, hand blocks to each other, free each other's and end, while one walks over all of them. Every
 * block's bytes and side record are checked when it is freed, and in the end nothing may be left.
 *
 * Usage: stress_threads [GENERATIONS [SEED]] */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preload/alloc/heap.h"

enum { THREADS = 4, LOCAL = 512, SHARED = 1024, ROUNDS = 20000, GENERATIONS = 24, CHECKED_BYTES = 64 };

/* Lies at the start of every block. */
struct stamp {
        size_t size;
        uint64_t key;
};

struct worker {
        struct heap *heap;
        bool sided;
        size_t size; /* of all its blocks; 0: random ones */
        uint64_t random;
        struct stamp *local[LOCAL];
};

static _Atomic(struct stamp *) shared[SHARED];
static _Atomic bool walker_ends;
static _Atomic size_t frees_remote, resizes, walked, sparse, hollowed;
static uint64_t seed = 1;

static _Noreturn void fail(const char *what, const void *start)
{
        fprintf(stderr, "stress_threads: %s: %p, seed %llu\n", what, start, (unsigned long long)seed);
        abort();
}

static uint64_t next_random(uint64_t *random)
{
        *random = *random * 6364136223846793005u + 1442695040888963407u;
        return *random >> 33;
}

static size_t size_random(struct worker *worker)
{
        uint64_t kind = next_random(&worker->random) % 1000, value = next_random(&worker->random);

        if (worker->size)
                return worker->size;
        if (kind < 900)
                return sizeof(struct stamp) + value % 1000;
        if (kind < 985)
                return sizeof(struct stamp) + value % 32768;
        return kind < 999 ? 32768 + value % 300000 : 2000000 + value % 1000000;
}

/* A record that only this block may have, so that a walk that mixes blocks up is found out. */
static uint64_t record_of(const void *start)
{
        return 1ull << 63 | ((uintptr_t)start >> 4 & 0xffffffff);
}

static void check_bytes(struct stamp *stamp, bool write)
{
        unsigned char *bytes = (unsigned char *)stamp, *first = bytes + sizeof *stamp, *end = bytes + stamp->size;
        unsigned char *tail = stamp->size > sizeof *stamp + CHECKED_BYTES ? end - CHECKED_BYTES : first;

        for (unsigned char *at = first; at < end; at = at == first + CHECKED_BYTES && at < tail ? tail : at + 1) {
                unsigned char byte = (unsigned char)(stamp->key + (uint64_t)(at - bytes));

                if (write)
                        *at = byte;
                else if (*at != byte)
                        fail("a byte of a block has changed", stamp);
        }
}

static struct block find(const void *start, size_t size)
{
        struct block block;

        if (heap_find(start, &block) != BLOCK_FOUND || block.start != start)
                fail("a block in use is not found", start);
        if (block.usable < size || block.usable - size > 4095)
                fail("a block has the wrong size", start);
        return block;
}

static void stamp_block(struct worker *worker, const struct block *block, size_t size)
{
        struct stamp *stamp = block->start;

        *stamp = (struct stamp){.size = size, .key = next_random(&worker->random)};
        check_bytes(stamp, true);
        if (block->side && atomic_exchange(block->side, record_of(stamp)))
                fail("a fresh block's record is not 0", stamp);
}

static struct stamp *allocate(struct worker *worker)
{
        size_t size = size_random(worker);
        size_t alignment = next_random(&worker->random) % 16 ? 16 : (size_t)16 << next_random(&worker->random) % 14;
        void *start = alignment == 16 && !worker->sided ? heap_alloc_fast(worker->heap, size) : NULL;
        struct block block;

        if (start)
                block = find(start, size);
        else if (!heap_alloc(worker->heap, size, alignment, &block))
                fail("no memory", NULL);
        if (!block.side == worker->sided || (uintptr_t)block.start & (alignment - 1))
                fail("a block is not what was asked for", block.start);
        stamp_block(worker, &block, size);
        return block.start;
}

static void release(struct worker *worker, struct stamp *stamp)
{
        struct block block = find(stamp, stamp->size);

        check_bytes(stamp, false);
        if (block.side && atomic_exchange(block.side, 0) != record_of(stamp))
                fail("a block has another's record", stamp);

        enum heap_free_status status = heap_free_fast(worker->heap, stamp);

        if (status == HEAP_FREE_EMPTIED)
                heap_emptied(worker->heap, stamp);
        if (status != HEAP_FREE_NO || (block.slab && heap_free_remote(worker->heap, block.slab, stamp)))
                return;
        heap_release(worker->heap, &block);
}

/* Resizes a block if that goes without copying. */
static struct stamp *resize(struct worker *worker, struct stamp *stamp)
{
        struct block block = find(stamp, stamp->size);
        size_t size = next_random(&worker->random) % 8 ? stamp->size : size_random(worker);

        check_bytes(stamp, false);
        if (block.side && atomic_exchange(block.side, 0) != record_of(stamp))
                fail("a block has another's record", stamp);
        if (heap_resize(worker->heap, &block, size) == HEAP_RESIZE_NO)
                size = stamp->size;
        else
                atomic_fetch_add_explicit(&resizes, 1, memory_order_relaxed);
        stamp = block.start;
        find(stamp, size);
        stamp_block(worker, &block, size);
        return stamp;
}

static void step(struct worker *worker)
{
        struct stamp **local = &worker->local[next_random(&worker->random) % LOCAL];
        uint64_t deed = next_random(&worker->random) % 8;

        if (!*local) {
                *local = allocate(worker);
        } else if (deed < 4) { /* to someone else, and what lay there is freed by us */
                struct stamp *other = atomic_exchange(&shared[next_random(&worker->random) % SHARED], *local);

                *local = NULL;
                if (other) {
                        release(worker, other);
                        atomic_fetch_add_explicit(&frees_remote, 1, memory_order_relaxed);
                }
        } else if (deed < 5) {
                *local = resize(worker, *local);
        } else {
                release(worker, *local);
                *local = NULL;
        }
}

static void *work(void *argument)
{
        struct worker *worker = argument;

        worker->heap = heap_create(worker->sided);
        if (!worker->heap)
                fail("no memory for a heap", NULL);
        for (unsigned i = 0; i < ROUNDS; i++)
                step(worker);
        for (unsigned i = 0; i < LOCAL; i++) {
                struct stamp *left = worker->local[i];

                if (left && i % 2) /* outlives its thread */
                        left = atomic_exchange(&shared[next_random(&worker->random) % SHARED], left);
                if (left)
                        release(worker, left);
        }
        heap_retire(worker->heap);
        return NULL;
}

static void visit(void *context, const struct heap_visited *block)
{
        size_t *pinned = context;

        if (block->side != record_of(block->start) || !block->usable)
                fail("the walk saw a record that is no block's", block->start);
        if (block->pinned && (size_t)((char *)block->start - (char *)block->slab) >= 8 * (size_t)SLICE_BYTES)
                fail("a block pins a slab that it does not lie in", block->start);
        *pinned += block->pinned;
        atomic_fetch_add_explicit(&walked, 1, memory_order_relaxed);
}

static void walk_once(void)
{
        struct heap_empty empty;
        size_t pinned = 0;

        heaps_walk(visit, &pinned, &empty);
        if (pinned != empty.pinned)
                fail("what the blocks pin does not add up", NULL);
        if (empty.pinned + empty.filling + empty.dense + empty.unpinned > segment_count() * SEGMENT_BYTES)
                fail("more is empty than there is", NULL);
        atomic_fetch_add_explicit(&sparse, empty.sparse_slabs, memory_order_relaxed);
}

static void *walk(void *argument)
{
        (void)argument;
        while (!atomic_load(&walker_ends)) {
                walk_once();
                heaps_trim(&heap_none);
                if (segment_hollow())
                        atomic_fetch_add_explicit(&hollowed, 1, memory_order_relaxed);
        }
        return NULL;
}

static void generation(unsigned number)
{
        static struct worker workers[THREADS];
        /* Few blocks of a slab, so that slabs fill up and empty all the time, in every second generation. */
        static const size_t sizes[] = {0, 8192, 0, 500, 0, 32768, 0, 2000};
        pthread_t threads[THREADS];

        for (unsigned i = 0; i < THREADS; i++) {
                workers[i] = (struct worker){
                        .sided = i % 2, .size = sizes[number % 8], .random = seed + number * THREADS + i};
                if (pthread_create(&threads[i], NULL, work, &workers[i]))
                        fail("no thread", NULL);
        }
        for (unsigned i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
}

static void release_shared(void)
{
        struct worker last = {.heap = &heap_none};

        for (unsigned i = 0; i < SHARED; i++) {
                struct stamp *left = atomic_exchange(&shared[i], NULL);

                if (left)
                        release(&last, left);
        }
}

static void check_nothing_left(void)
{
        struct heap_usage usage;
        size_t before = atomic_load(&walked);

        heaps_trim(&heap_none);
        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                if (usage.pool[i].slabs || usage.pool[i].blocks_used)
                        fail("blocks or slabs are left in the end", (void *)usage.pool[i].block_bytes);
        walk_once();
        if (atomic_load(&walked) != before)
                fail("the walk sees freed blocks", NULL);
        printf("%zu frees of others' blocks, %zu resizes, %zu blocks walked over, %zu sparse slabs, %zu times hollow "
               "segments, %zu MiB "
               "mapped\n",
               atomic_load(&frees_remote), atomic_load(&resizes), before, atomic_load(&sparse), atomic_load(&hollowed),
               usage.mapped_bytes >> 20);
}

int main(int argc, char **argv)
{
        unsigned generations = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : GENERATIONS;
        pthread_t walker;

        if (argc > 2)
                seed = strtoull(argv[2], NULL, 0);
        if (pthread_create(&walker, NULL, walk, NULL))
                fail("no thread", NULL);
        for (unsigned i = 0; i < generations; i++)
                generation(i);
        atomic_store(&walker_ends, true);
        pthread_join(walker, NULL);
        release_shared();
        check_nothing_left();
        return 0;
}
