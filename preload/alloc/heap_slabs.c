/* The slabs of a heap: where they wait, and where more come from. */
#include "preload/alloc/heap.h"

enum {
        SLABS_A_TICK = 2048,   /* that a heap sweeps, about */
        SEGMENTS_A_TICK = 256, /* whose slabs are looked at */
};

void heap_sort_in(struct heap *heap, struct slab *slab)
{
        struct slab_list *list = &heap->available[slab->size_class];
        struct slab **first = slab->full ? &heap->full : &list->first;

        slab->previous = NULL;
        slab->next = *first;
        if (slab->next)
                slab->next->previous = slab;
        else if (!slab->full)
                list->last = slab;
        *first = slab;
}

void heap_sort_in_last(struct heap *heap, struct slab *slab)
{
        struct slab_list *list = &heap->available[slab->size_class];

        slab->next = NULL;
        slab->previous = list->last;
        if (slab->previous)
                slab->previous->next = slab;
        else
                list->first = slab;
        list->last = slab;
}

void heap_sort_out(struct heap *heap, struct slab *slab)
{
        struct slab_list *list = &heap->available[slab->size_class];

        if (heap->fast[slab->size_class] == slab)
                heap_set_fast(heap, slab->size_class, &slab_none);
        if (slab->previous)
                slab->previous->next = slab->next;
        else if (slab->full)
                heap->full = slab->next;
        else
                list->first = slab->next;
        if (slab->next)
                slab->next->previous = slab->previous;
        else if (!slab->full)
                list->last = slab->previous;
}

/* The slab that blocks of a class come from at the moment: empty or not, it stays, so that a program that frees and
 * allocates the same block does not make and unmake it, and so that a signal handler does not unmake it under the fast
 * path that it has interrupted. heap_rest sees to those that are not used any more. Also for those
 * who take stock, and see what happens at this moment or not. */
__attribute__((no_sanitize("thread"))) bool heap_is_current(const struct heap *heap, const struct slab *slab)
{
        if (heap->retired)
                return false;
        return heap->sided ? heap->available[slab->size_class].first == slab : heap->fast[slab->size_class] == slab;
}

/* Gives a slab's slices back if no block of it is in use. */
static bool destroy_if_empty(struct heap *heap, struct slab *slab, bool keep_current)
{
        if (slab_used(slab) || slab->full || (keep_current && heap_is_current(heap, slab)))
                return false;
        heap_sort_out(heap, slab);
        heap_count(&heap->counts[slab->size_class].slabs_destroyed, 1);
        slab_destroy(slab);
        return true;
}

void heap_put_away(struct heap *heap, struct slab *slab)
{
        destroy_if_empty(heap, slab, true);
}

void heap_put(struct heap *heap, struct slab *slab, struct free_block *block)
{
        free_block_set_next(slab, block, slab->free);
        slab->free = block;
        slab->counts--;
        if (UNLIKELY(slab->full)) {
                heap_sort_out(heap, slab);
                if (slab_unfill(slab))
                        heap_sort_in_last(heap, slab);
                else /* it is on its way to pending */
                        heap_sort_in(heap, slab);
        }
        if (UNLIKELY(!slab_used(slab)))
                destroy_if_empty(heap, slab, true);
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
                slab_not_full(slab);
                heap_sort_in_last(heap, slab);
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

/* Collects the remote frees of a class's slabs, and gives back those that are empty; how many it looked at. */
static unsigned sweep_class(struct heap *heap, unsigned size_class, bool keep_current, bool *gave_back)
{
        unsigned looked = 0;

        for (struct slab *slab = heap->available[size_class].first, *next; slab; slab = next, looked++) {
                next = slab->next;
                heap_collect(heap, slab);
                *gave_back |= destroy_if_empty(heap, slab, keep_current);
        }
        return looked;
}

bool heap_sweep(struct heap *heap, bool keep_current)
{
        bool gave_back = false;

        heap_drain(heap);
        for (unsigned c = 0; c < SIZE_CLASSES; c++)
                sweep_class(heap, c, keep_current, &gave_back);
        return gave_back;
}

/* A part of it that takes little time; the next time it goes on from there. */
static void sweep_some(struct heap *heap)
{
        unsigned looked = 0;
        bool gave_back = false;

        heap_drain(heap);
        for (unsigned classes = 0; classes < SIZE_CLASSES && looked < SLABS_A_TICK; classes++) {
                looked += sweep_class(heap, heap->sweep_next, true, &gave_back);
                heap->sweep_next = (uint8_t)((heap->sweep_next + 1) % SIZE_CLASSES);
        }
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
        if (segment_grow() || (huge_make_way() && segment_grow()))
                return true;
        return heap_shrink(heap);
}

COLD bool heap_shrink(struct heap *heap)
{
        bool own = heap_sweep(heap, false), others = heaps_sweep();

        return own || others;
}

/* A current slab that has stayed empty from one tick to the next goes. The fast path lets go of it one tick earlier, so
 * that none that was interrupted by a signal handler has it in hand. */
bool heap_rest(struct heap *heap)
{
        bool found = false;

        for (unsigned c = 0; c < SIZE_CLASSES; c++) {
                struct slab *slab = heap->available[c].first;

                if (!slab || slab_used(slab))
                        continue;
                found = true;
                if (slab->idle) {
                        destroy_if_empty(heap, slab, false);
                        continue;
                }
                heap_set_fast(heap, c, &slab_none);
                slab->idle = true;
        }
        return found;
}

/* The heap of sampled blocks has no ticks of its own. True: it has something left to do. */
static bool rest_sampler(struct heap *sampler)
{
        bool found;

        heap_enter(sampler);
        sweep_some(sampler);
        found = heap_rest(sampler);
        sampler->restless = 0;
        heap_leave(sampler);
        return found;
}

COLD void heap_look_at_clock(struct heap *heap)
{
        uint64_t now_ms = purge_clock_ms();
        bool found;

        if (now_ms - heap->rest_ms >= purge_half_decay_ms()) {
                heap->rest_ms = now_ms;
                sweep_some(heap);
                found = heap->sampler && rest_sampler(heap->sampler);
                found |= heap_rest(heap);
                heap->restless = found ? HEAP_RESTLESS : heap->restless - (heap->restless > 0);
        }
        if (purge_decay(now_ms) && purge_watched(PURGE_DECAY, heaps_purge_remote, SEGMENTS_A_TICK))
                heap->restless = HEAP_RESTLESS;
}

COLD void heap_tick_slow(struct heap *heap)
{
        purge_excess();
        if (heap->ticks % HEAP_TICKS_A_LOOK == 0)
                heap_look_at_clock(heap);
}

/* A slab of ours with free blocks, first in its list; or NULL. */
static struct slab *slab_available(struct heap *heap, unsigned size_class)
{
        struct slab *slab;

        heap_drain(heap);
        while ((slab = heap->available[size_class].first)) {
                if (slab->free || heap_collect(heap, slab) || slab_carve(slab))
                        break;
                heap_sort_out(heap, slab);
                if (slab_fill(slab))
                        heap_sort_in(heap, slab);
                else /* a remote free has come in between */
                        heap_sort_in_last(heap, slab);
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
                if (!slab && (slab = slab_create(owner, size_class))) {
                        heap_count(&heap->counts[size_class].slabs_created, 1);
                        heap->restless = HEAP_RESTLESS;
                }
                if (slab)
                        heap_sort_in(heap, slab);
                else if (!grown) /* growing may have found free blocks of ours even when it failed, hence the last round
                                  */
                        break;
                else
                        grown = heap_grow(heap);
        }
        if (slab) {
                slab->idle = false;
                heap_set_fast(heap, size_class, slab);
                heap_count(&heap->counts[size_class].refills, 1);
        }
        return slab;
}
