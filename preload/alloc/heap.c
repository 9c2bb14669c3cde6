/* The heap of one thread: bins, the slabs behind them, and the way of a block in and out. */
#include "preload/alloc/heap.h"

#include "preload/alloc/large.h"
#include "preload/alloc/purge.h"

struct slab slab_none;
struct heap heap_none = {
        .quick = {[0 ... SIZE_CLASS_QUICK_BYTES / 16] = &slab_none},
        .fast = {[0 ... SIZE_CLASSES - 1] = &slab_none},
};

static const size_t alloc_bytes_max = PTRDIFF_MAX - 4 * (size_t)SEGMENT_BYTES; /* so that no rounding up overflows */

/* How many allocations the fast path does from a slab before it is left for a look whether something waits for time to
 * pass. Always as few: a thread that does little may have to see what others have left, within seconds. */
enum { CREDIT = 64 };

/* But of a sampled heap no more than up to the allocation that is to be taken. */
static uint16_t credit_of(const struct heap *heap, unsigned size_class)
{
        const struct sampling *sampling = &heap->sampling;

        return sampling->on && sampling->until[size_class] < CREDIT ? (uint16_t)sampling->until[size_class] : CREDIT;
}

static void settle(struct heap *heap, struct slab *slab)
{
        uint32_t taken = slab_settle(slab, 0);

        heap_count(&heap->counts[slab->size_class].allocations, taken);
        if (UNLIKELY(heap->sampling.on))
                sampling_pass(&heap->sampling, slab->size_class, taken);
        slab_settle(slab, credit_of(heap, slab->size_class));
}

static void settle_all(struct heap *heap)
{
        for (unsigned c = 0; c < SIZE_CLASSES; c++)
                if (heap->fast[c] != &slab_none)
                        settle(heap, heap->fast[c]);
}

void heap_sample(struct heap *heap)
{
        settle_all(heap); /* what was allocated so far is no business of what is drawn now */
        sampling_begin(&heap->sampling);
        settle_all(heap);
}

uint64_t heap_allocated(const struct heap *heap)
{
        uint64_t allocated = 0;

        for (unsigned i = 0; i < HEAP_POOLS; i++)
                allocated += atomic_load_explicit(&heap->counts[i].allocations, memory_order_relaxed);
        for (unsigned c = 0; c < SIZE_CLASSES; c++) {
                int32_t left = slab_credit_left(heap->fast[c]);

                allocated += (uint64_t)(heap->fast[c]->credit - (left > 0 ? left : 0));
        }
        return allocated;
}

void heap_set_fast(struct heap *heap, unsigned size_class, struct slab *slab)
{
        struct slab *before = heap->fast[size_class];

        if (heap->sided || slab == before)
                return;
        if (before != &slab_none)
                settle(heap, before);
        if (slab != &slab_none) {
                slab->idle = false;
                slab_settle(slab, credit_of(heap, size_class));
        }
        heap->fast[size_class] = slab;
        if (size_class > size_class_quick[SIZE_CLASS_QUICK_BYTES / 16])
                return;
        for (size_t i = size_class ? size_classes[size_class - 1].bytes / 16 + 1 : 0;
             i <= size_classes[size_class].bytes / 16; i++)
                heap->quick[i] = slab;
}

void heap_emptied(struct heap *heap, void *start)
{
        struct slab *slab = slab_of_block(start);

        heap_enter(heap);
        if (heap_owns_slab(heap, slab))
                heap_put_away(heap, slab);
        heap_leave(heap);
}

bool heap_renew(struct heap *heap, unsigned size_class)
{
        struct slab *slab = heap->fast[size_class];

        if (slab_credit_left(slab) >= 0 ||
            (heap_is_waiting(heap) && purge_clock_ms() - heap->rest_ms >= purge_half_decay_ms()))
                return false;
        settle(heap, slab);
        return slab_credit_left(slab) > 0; /* none: the next one is sampled */
}

/* The credit of the fast path is used up, and it is time to see what waits. */
static COLD void credit_renew(struct heap *heap, struct slab *slab)
{
        settle(heap, slab);
        if (heap_is_waiting(heap))
                heap_look_at_clock(heap);
}

static bool alloc_small(struct heap *heap, unsigned size_class, struct block *ret_block);

/* Counts an allocation that the fast path has not done. True: it is sampled, and done. */
static COLD bool sample_small(struct heap *heap, unsigned size_class, struct block *ret_block)
{
        struct slab *fast = heap->fast[size_class];
        struct heap *sampler;
        bool taken;

        if (fast != &slab_none)
                settle(heap, fast);
        taken = sampling_takes_class(&heap->sampling, size_class);
        if (fast != &slab_none)
                settle(heap, fast); /* its credit is another now */
        if (!taken)
                return false;
        if (!heap->sampler)
                heap->sampler = heap_create(true);
        sampler = heap->sampler;
        if (!sampler)
                return false;
        heap_enter(sampler);
        taken = alloc_small(sampler, size_class, ret_block);
        heap_leave(sampler);
        if (sampler->restless)
                heap->restless = HEAP_RESTLESS; /* see heap_look_at_clock */
        return taken;
}

static bool alloc_small(struct heap *heap, unsigned size_class, struct block *ret_block)
{
        struct slab *fast = heap->fast[size_class];

        if (UNLIKELY(fast != &slab_none && slab_credit_left(fast) <= 0))
                credit_renew(heap, fast);
        if (UNLIKELY(heap->sampling.on) && sample_small(heap, size_class, ret_block))
                return true;

        struct slab *slab = heap->available[size_class].first;
        struct free_block *block;

        if (UNLIKELY(!slab || !slab->free) && !(slab = heap_slab(heap, size_class)))
                return false;
        if (!heap->sided && UNLIKELY(slab != heap->fast[size_class]))
                heap_set_fast(heap, size_class, slab);
        block = slab->free;
        slab->free = free_block_next(slab, block);
        if (heap->sided)
                block->next = NULL; /* as in heap_take_sided */
        slab->counts++;
        heap_count(&heap->counts[size_class].allocations, 1);
        *ret_block = (struct block){
                .start = block,
                .usable = size_classes[size_class].bytes,
                .side = slab_side(slab, block),
                .slab = slab,
        };
        return true;
}

static struct block block_large(struct slab *slab)
{
        return (struct block){
                .start = slab_start(slab),
                .usable = atomic_load_explicit(&slab->bytes, memory_order_relaxed),
                .side = slab_side(slab, slab_start(slab)),
                .slab = slab,
                .zeroed = slab->zeroed,
        };
}

static struct block block_huge(struct huge *huge)
{
        return (struct block){
                .start = (void *)atomic_load_explicit(&huge->start, memory_order_relaxed),
                .usable = atomic_load_explicit(&huge->usable, memory_order_relaxed),
                .side = atomic_load_explicit(&huge->sided, memory_order_relaxed) ? &huge->record : NULL,
                .huge = huge,
                .zeroed = huge->zeroed,
        };
}

static bool alloc_large(struct heap *heap, size_t size, size_t alignment, struct block *ret_block)
{
        struct slab *slab;

        while (!(slab = large_create(size, alignment, heap->sided)))
                if (!heap_grow(heap))
                        return false;
        heap_count(&heap->counts[HEAP_CLASSES].allocations, 1);
        if (UNLIKELY(heap->sampling.on))
                slab_large_side(slab, sampling_takes(&heap->sampling, large_usable(size)));
        *ret_block = block_large(slab);
        return true;
}

static bool alloc_huge(struct heap *heap, size_t size, size_t alignment, struct block *ret_block)
{
        struct huge *huge = huge_create(size, alignment, heap->sided);

        if (!huge && heap_shrink(heap)) /* perhaps there are segments now that are wholly free */
                huge = huge_create(size, alignment, heap->sided);
        if (!huge)
                return false;
        heap_count(&heap->counts[HEAP_CLASSES + 1].allocations, 1);
        if (UNLIKELY(heap->sampling.on))
                huge_side(huge,
                          sampling_takes(&heap->sampling, atomic_load_explicit(&huge->usable, memory_order_relaxed)));
        *ret_block = block_huge(huge);
        return true;
}

bool heap_alloc(struct heap *heap, size_t size, size_t alignment, struct block *ret_block)
{
        unsigned size_class = SIZE_CLASSES;
        bool done;

        if (size > alloc_bytes_max || alignment > alloc_bytes_max)
                return false;
        if (alignment > 16)
                size_class = size_class_aligned(size, alignment);
        else if (size <= SIZE_CLASS_BYTES_MAX)
                size_class = size_class_of(size);

        heap_enter(heap);
        heap_tick(heap);
        if (LIKELY(size_class < SIZE_CLASSES))
                done = alloc_small(heap, size_class, ret_block);
        else if (size <= LARGE_BYTES_MAX && alignment <= LARGE_ALIGNMENT_MAX)
                done = alloc_large(heap, size, alignment, ret_block);
        else
                done = alloc_huge(heap, size, alignment, ret_block);
        heap_leave(heap);
        return done;
}

/* Tells a slab's owner that its full slab has a free block again. Only the one caller whom slab_push_remote told so. */
static void announce(struct slab *slab)
{
        /* The owner cannot change before it has heard of this: only slabs that are not full are adopted. */
        uintptr_t owner = atomic_load_explicit(&slab->owner, memory_order_relaxed);
        struct heap *heap = (struct heap *)(owner & ~(uintptr_t)SLAB_OWNER_FLAGS);
        struct slab *top = atomic_load_explicit(&heap->pending, memory_order_relaxed);

        do /* Release: pairs with heap_drain. */
                slab->pending_next = top;
        while (!atomic_compare_exchange_weak_explicit(&heap->pending, &top, slab, memory_order_release,
                                                      memory_order_relaxed));
}

/* A block of another heap. If that has no thread any more, the slab is ours for the moment, and what becomes empty is
 * given back at once; nobody else would do it. */
static COLD void release_remote(struct slab *slab, struct heap *owner, void *start)
{
        if (heap_claim(owner)) {
                bool still = (atomic_load_explicit(&slab->owner, memory_order_relaxed) &
                              ~(uintptr_t)SLAB_OWNER_FLAGS) == (uintptr_t)owner;

                if (still) {
                        heap_drain(owner);
                        if (!slab->full)
                                heap_collect(owner, slab);
                        heap_count(&owner->counts[slab->size_class].frees_remote, 1);
                        heap_put(owner, slab, start);
                }
                heap_unclaim(owner);
                if (still)
                        return;
        }
        if (slab_push_remote(slab, start))
                announce(slab);
}

static void release_small(struct heap *heap, struct slab *slab, void *start)
{
        /* If it is the caller's own it is right, and else any owner will do, see release_remote. Acquire: pairs with
         * heap_adopt, so that a heap made by another thread is seen filled in. */
        uintptr_t owner = atomic_load_explicit(&slab->owner, memory_order_acquire) & ~(uintptr_t)SLAB_OWNER_FLAGS;

        if (owner == (uintptr_t)heap) {
                heap_put(heap, slab, start);
        } else if (owner == (uintptr_t)heap->sampler) {
                heap_enter(heap->sampler);
                heap_put(heap->sampler, slab, start);
                heap_leave(heap->sampler);
        } else {
                release_remote(slab, (struct heap *)owner, start);
        }
}

bool heap_free_remote(struct heap *heap, struct slab *slab, void *start)
{
        /* Acquire: see release_small. */
        uintptr_t owner = atomic_load_explicit(&slab->owner, memory_order_acquire) & ~(uintptr_t)SLAB_FULL;

        if (!owner || owner & SLAB_SIDED || owner == (uintptr_t)heap ||
            atomic_load_explicit(&((struct heap *)owner)->retired, memory_order_relaxed) ||
            !slab_has_start(slab, start))
                return false;
        if (slab_push_remote(slab, start))
                announce(slab);
        /* The slab's memory is of use to nobody if its owner sleeps: our ticks see to that. */
        if (UNLIKELY(slab_pending(slab) == slab_block_count(slab)) && heap != &heap_none)
                heap->restless = HEAP_RESTLESS;
        return true;
}

size_t heap_purge_slab(struct slab *slab)
{
        bool tell = false;
        size_t bytes = slab_purge_remote(slab, &tell);

        if (tell)
                announce(slab);
        return bytes;
}

size_t heaps_purge_remote(size_t segments)
{
        static _Atomic size_t turn;
        size_t count = segment_count(), bytes = 0;

        for (size_t i = 0; i < segments && i < count; i++) {
                char *segment = segment_at(atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed) % count);

                for (unsigned slice = 1; segment && slice < SEGMENT_SLICES; slice++)
                        bytes += heap_purge_slab(slab_of(segment + (size_t)slice * SLICE_BYTES));
        }
        return bytes;
}

void heap_release(struct heap *heap, const struct block *block)
{
        heap_enter(heap);
        if (!block->slab) {
                huge_destroy(block->huge);
        } else if (atomic_load_explicit(&block->slab->owner, memory_order_relaxed)) {
                release_small(heap, block->slab, block->start);
        } else {
                large_destroy(block->slab);
        }
        heap_tick(heap);
        heap_leave(heap);
}

/* Whether a large or huge block that has changed its size in place is sampled now. */
static bool sample_again(struct heap *heap, bool before, size_t usable_before, size_t usable)
{
        if (!heap->sampling.on || usable == usable_before)
                return before;
        if (usable > usable_before)
                return sampling_takes(&heap->sampling, usable - usable_before) || before;
        return before && sampling_keeps(&heap->sampling, usable_before, usable);
}

static void resized_huge(struct heap *heap, struct block *block)
{
        size_t usable = atomic_load_explicit(&block->huge->usable, memory_order_relaxed);

        if (UNLIKELY(heap->sampling.on))
                huge_side(block->huge, sample_again(heap, block->side, block->usable, usable));
        *block = block_huge(block->huge);
        block->zeroed = false;
}

static void resized_large(struct heap *heap, struct block *block)
{
        size_t usable = atomic_load_explicit(&block->slab->bytes, memory_order_relaxed);

        if (UNLIKELY(heap->sampling.on))
                slab_large_side(block->slab, sample_again(heap, block->side, block->usable, usable));
        block->side = slab_side(block->slab, block->start);
        block->usable = usable;
}

enum heap_resize_status heap_resize(struct heap *heap, struct block *block, size_t size)
{
        enum heap_resize_status status = HEAP_RESIZE_NO;

        if (size > alloc_bytes_max)
                return HEAP_RESIZE_NO;
        heap_enter(heap);
        if (!block->slab) {
                void *start = block->start;

                if (huge_resize(block->huge, size)) {
                        resized_huge(heap, block);
                        status = block->start == start ? HEAP_RESIZE_IN_PLACE : HEAP_RESIZE_MOVED;
                }
        } else if (!atomic_load_explicit(&block->slab->owner, memory_order_relaxed)) {
                if (large_resize(block->slab, size)) {
                        resized_large(heap, block);
                        status = HEAP_RESIZE_IN_PLACE;
                }
        } else if (heap_keeps_small(block->usable, size)) {
                status = HEAP_RESIZE_IN_PLACE;
        }
        heap_count_resize(heap, status == HEAP_RESIZE_IN_PLACE);
        heap_leave(heap);
        return status;
}
