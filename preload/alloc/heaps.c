/* All heaps together: their making, their retirement, and what becomes of the memory of threads that have ended. */
#include "preload/alloc/heap.h"

#include <string.h>

#include "preload/alloc/purge.h"

enum { ADOPT_PROBES = 4 };

struct heap_group heap_group_first;

static _Atomic(uint64_t) *retired_of(struct heap *heap)
{
        return &heap->group->retired[heap->sided];
}

bool heap_claim(struct heap *heap)
{
        _Atomic uint64_t *retired = retired_of(heap);

        if (!(atomic_load_explicit(retired, memory_order_relaxed) & heap->group_bit))
                return false;
        /* Acquire: pairs with the release by the last user, whose changes we now build upon. */
        if (!(atomic_fetch_and_explicit(retired, ~heap->group_bit, memory_order_acquire) & heap->group_bit))
                return false;
        heap_enter(heap);
        return true;
}

void heap_unclaim(struct heap *heap)
{
        heap_leave(heap);
        /* Release: pairs with heap_claim. */
        atomic_fetch_or_explicit(retired_of(heap), heap->group_bit, memory_order_release);
}

static struct heap_group *group_after(struct heap_group *group)
{
        /* Acquire: pairs with group_append. */
        return atomic_load_explicit(&group->next, memory_order_acquire);
}

static struct heap_group *group_append(struct heap_group *last)
{
        struct heap_group *next = group_after(last), *none = NULL;

        if (next || !(next = segment_record(sizeof *next)))
                return next;
        if (!atomic_compare_exchange_strong_explicit(&last->next, &none, next, memory_order_acq_rel,
                                                     memory_order_acquire))
                next = none; /* another was faster; ours is lost, once for 64 heaps at worst */
        return next;
}

/* A retired heap of the group at or behind a place, claimed; or NULL. */
static struct heap *claim_from(struct heap_group *group, unsigned place, bool sided)
{
        for (; place < 64; place++) {
                /* Acquire: pairs with group_enter, so that the heap is there. */
                uint64_t retired = atomic_load_explicit(&group->retired[sided], memory_order_acquire) >> place;

                if (!retired)
                        break;
                place += (unsigned)__builtin_ctzll(retired);

                struct heap *heap = atomic_load_explicit(&group->heap[place], memory_order_relaxed);

                if (heap_claim(heap))
                        return heap;
        }
        return NULL;
}

static bool group_enter(struct heap *heap)
{
        struct heap_group *group = &heap_group_first;

        for (; group; group = group_append(group)) {
                if (atomic_load_explicit(&group->count, memory_order_relaxed) >= 64)
                        continue;

                uint32_t place = atomic_fetch_add_explicit(&group->count, 1, memory_order_relaxed);

                if (place >= 64)
                        continue;
                heap->group = group;
                heap->group_bit = 1ull << place;
                /* Release: who finds the heap here sees it filled in. */
                atomic_store_explicit(&group->heap[place], heap, memory_order_release);
                return true;
        }
        return false;
}

static struct heap *sampled(struct heap *heap)
{
        if (samplings_are_open() && !heap->sided)
                heap_sample(heap);
        return heap;
}

struct heap *heap_create(bool sided)
{
        struct heap *heap;

        for (struct heap_group *group = &heap_group_first; group; group = group_after(group))
                if ((heap = claim_from(group, 0, sided))) {
                        heap->retired = false;
                        heap->sampler = NULL;
                        heap_leave(heap); /* ours from now on */
                        return sampled(heap);
                }

        if (!segment_count())
                segment_grow(); /* it brings memory for records, so that a small program needs no other */
        heap = segment_record(sizeof *heap);
        if (!heap)
                return NULL;
        heap->sided = sided;
        heap->adopt_group = &heap_group_first;
        memcpy(heap->quick, heap_none.quick, sizeof heap->quick);
        memcpy(heap->fast, heap_none.fast, sizeof heap->fast);
        return group_enter(heap) ? sampled(heap) : NULL;
}

void heap_retire(struct heap *heap)
{
        struct heap *sampler = heap->sampler;

        if (sampler) {
                heap->sampler = NULL;
                heap_retire(sampler);
        }
        heap_enter(heap);
        heap->retired = true;
        for (unsigned c = 0; c < SIZE_CLASSES; c++)
                heap_set_fast(heap, c, &slab_none);
        heap_sweep(heap, false);
        heap_unclaim(heap);
}

/* The first slab of a class of a claimed heap that has blocks to give. */
static struct slab *take_slab(struct heap *from, unsigned size_class)
{
        heap_drain(from);
        for (struct slab *slab = from->available[size_class].first; slab; slab = slab->next)
                if (slab->free || heap_collect(from, slab) ||
                    atomic_load_explicit(&slab->carved, memory_order_relaxed) < slab_block_count(slab)) {
                        heap_sort_out(from, slab);
                        return slab;
                }
        return NULL;
}

struct slab *heap_adopt(struct heap *heap, unsigned size_class)
{
        struct slab *slab = NULL;

        for (unsigned probes = 0; !slab && probes < ADOPT_PROBES; probes++) {
                struct heap *from = claim_from(heap->adopt_group, heap->adopt_place, heap->sided);

                if (!from) { /* next time in the next group, and behind the last from the start */
                        heap->adopt_group = group_after(heap->adopt_group);
                        if (!heap->adopt_group)
                                heap->adopt_group = &heap_group_first;
                        heap->adopt_place = 0;
                        continue;
                }
                heap->adopt_place = (unsigned)__builtin_ctzll(from->group_bit) + 1;
                if ((slab = take_slab(from, size_class)))
                        /* Release: pairs with release_small. Its caller may have had the block before we existed. */
                        atomic_store_explicit(&slab->owner, (uintptr_t)heap | (heap->sided ? SLAB_SIDED : 0),
                                              memory_order_release);
                heap_unclaim(from);
        }
        return slab;
}

bool heaps_sweep(void)
{
        bool gave_back = false;

        for (struct heap_group *group = &heap_group_first; group; group = group_after(group))
                for (unsigned place = 0; place < 64; place++) {
                        /* Acquire: pairs with group_enter. */
                        struct heap *heap = atomic_load_explicit(&group->heap[place], memory_order_acquire);

                        if (heap && heap_claim(heap)) {
                                gave_back |= heap_sweep(heap, false);
                                heap_unclaim(heap);
                        }
                }
        return gave_back;
}

size_t heaps_trim(struct heap *own)
{
        heap_enter(own);
        heap_sweep(own, true);
        if (own->sampler) {
                heap_enter(own->sampler);
                heap_sweep(own->sampler, true);
                heap_leave(own->sampler);
        }
        for (unsigned twice = 0; twice < 2; twice++)
                heap_rest(own);
        heaps_sweep();

        size_t bytes = purge_force();

        heap_leave(own);
        return bytes;
}

void heaps_after_fork(struct heap *survivor)
{
        for (struct heap_group *group = &heap_group_first; group; group = group_after(group))
                for (unsigned place = 0; place < 64; place++) {
                        struct heap *heap = atomic_load_explicit(&group->heap[place], memory_order_relaxed);

                        if (!heap || heap == survivor || (survivor && heap == survivor->sampler))
                                continue;
                        /* One that was cut in the middle of a change is never touched again; what others free of it
                         * piles up at its slabs. */
                        if (atomic_load_explicit(&heap->busy, memory_order_relaxed))
                                continue;
                        heap->retired = true;
                        atomic_fetch_or_explicit(retired_of(heap), heap->group_bit, memory_order_release);
                }
        /* Or all children would sample the same, and what their parent does. */
        if (survivor && survivor->sampling.on)
                heap_sample(survivor);
}
