/* The slabs of a heap: where they wait, and where more come from. */
#include "preload/alloc/heap.h"

static struct slab **list_of(struct heap *heap, const struct slab *slab)
{
        return slab->full ? &heap->full : &heap->available[slab->size_class];
}

void heap_sort_in(struct heap *heap, struct slab *slab)
{
        struct slab **list = list_of(heap, slab);

        slab->previous = NULL;
        slab->next = *list;
        if (slab->next)
                slab->next->previous = slab;
        *list = slab;
}

void heap_sort_out(struct heap *heap, struct slab *slab)
{
        if (slab->previous)
                slab->previous->next = slab->next;
        else
                *list_of(heap, slab) = slab->next;
        if (slab->next)
                slab->next->previous = slab->previous;
}

/* Gives a slab's slices back if no block of it is in use. The last slab of a class stays, so that a program that frees
 * and allocates the same block does not make and unmake it; but not in a heap without a thread. */
static bool destroy_if_empty(struct heap *heap, struct slab *slab, bool keep_one)
{
        if (atomic_load_explicit(&slab->used, memory_order_relaxed) || slab->full)
                return false;
        if (keep_one && !heap->retired && slab->slices == 1 && !slab->next && !slab->previous)
                return false;
        heap_sort_out(heap, slab);
        slab_destroy(slab);
        return true;
}

void heap_put(struct heap *heap, struct slab *slab, struct free_block *block)
{
        block->next = slab->free;
        slab->free = block;
        slab_count_used(slab, -1);
        if (slab->full) {
                heap_sort_out(heap, slab);
                slab_unfill(slab);
                heap_sort_in(heap, slab); /* stays full if it is on its way to pending */
        }
        if (destroy_if_empty(heap, slab, true))
                segment_purge_if_due();
}

void heap_drain(struct heap *heap)
{
        if (!atomic_load_explicit(&heap->pending, memory_order_relaxed))
                return;

        /* Acquire: pairs with announce; see slab_push_remote for what each slab's list carries. */
        struct slab *slab = atomic_exchange_explicit(&heap->pending, NULL, memory_order_acquire);

        while (slab) {
                struct slab *next = slab->pending_next;

                heap_sort_out(heap, slab);
                slab->full = false;
                heap_sort_in(heap, slab);
                slab = next;
        }
}

uint32_t heap_collect(struct heap *heap, struct slab *slab)
{
        uint32_t blocks = slab_collect(slab);

        if (blocks)
                heap_count(&heap->counts[slab->size_class].frees_remote, blocks);
        return blocks;
}

bool heap_sweep(struct heap *heap, bool keep_one)
{
        bool gave_back = false;

        heap_drain(heap);
        for (unsigned c = 0; c < SIZE_CLASSES; c++)
                for (struct slab *slab = heap->available[c], *next; slab; slab = next) {
                        next = slab->next;
                        heap_collect(heap, slab);
                        gave_back |= destroy_if_empty(heap, slab, keep_one);
                }
        return gave_back;
}

/* More memory for slabs and runs: what was freed and not seen yet, or else from the kernel. Sweeping looks at every
 * slab, so it is done when the pools have grown by an eighth since the last time. */
COLD bool heap_grow(struct heap *heap)
{
        static _Atomic size_t sweep_due = 4;
        size_t segments = segment_count();

        if (segments >= atomic_load_explicit(&sweep_due, memory_order_relaxed)) {
                atomic_store_explicit(&sweep_due, segments + segments / 8 + 1, memory_order_relaxed);
                bool own = heap_sweep(heap, true), others = heaps_sweep();

                if (own || others)
                        return true;
        }
        if (segment_grow() || (huge_trim() && segment_grow()))
                return true;
        return heap_shrink(heap);
}

COLD bool heap_shrink(struct heap *heap)
{
        heap_empty_bins(heap);

        bool own = heap_sweep(heap, false), others = heaps_sweep();

        return own || others;
}

/* A slab of ours with free blocks, first in its list; or NULL. */
static struct slab *slab_available(struct heap *heap, unsigned size_class)
{
        struct slab *slab;

        heap_drain(heap);
        while ((slab = heap->available[size_class])) {
                if (slab->free || heap_collect(heap, slab) || slab_carve(slab))
                        break;
                heap_sort_out(heap, slab);
                slab_fill(slab); /* if a remote free has come in between, it goes back to where it was */
                heap_sort_in(heap, slab);
        }
        return slab;
}

struct slab *heap_slab(struct heap *heap, unsigned size_class)
{
        uintptr_t owner = (uintptr_t)heap | (heap->sided ? SLAB_SIDED : 0);
        struct slab *slab;
        bool grown = true;

        while (!(slab = slab_available(heap, size_class))) {
                slab = heap_adopt(heap, size_class);
                if (!slab)
                        slab = slab_create(owner, size_class);
                if (slab)
                        heap_sort_in(heap, slab);
                else if (!grown) /* growing may have found free blocks of ours even when it failed, hence the last round
                                  */
                        break;
                else
                        grown = heap_grow(heap);
        }
        return slab;
}
