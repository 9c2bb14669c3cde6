/* What an arbitrary word is to us. */
#include "preload/alloc/heap.h"

static enum block_status find_huge(uintptr_t word, struct block *ret_block)
{
        struct huge *huge = huge_find(word);

        if (!huge)
                return BLOCK_FOREIGN;

        uintptr_t start = atomic_load_explicit(&huge->start, memory_order_relaxed);

        *ret_block = (struct block){
                .start = (void *)start,
                .usable = atomic_load_explicit(&huge->usable, memory_order_relaxed),
                .side = atomic_load_explicit(&huge->sided, memory_order_relaxed) ? &huge->record : NULL,
                .huge = huge,
        };
        return start == word ? BLOCK_FOUND : BLOCK_INTERIOR;
}

enum block_status heap_find(const void *word, struct block *ret_block)
{
        uintptr_t address = (uintptr_t)word;

        if (UNLIKELY(!segment_holds(address)))
                return find_huge(address, ret_block);

        struct slab_view view = slab_view(word);

        if (UNLIKELY(view.kind == SLAB_NONE))
                return BLOCK_FOREIGN;

        size_t offset = address - (uintptr_t)view.start;
        uint32_t index = size_class_index(offset, view.reciprocal);

        if (UNLIKELY(index >= view.carved))
                return BLOCK_FOREIGN;
        *ret_block = (struct block){
                .start = view.start + (size_t)index * view.bytes,
                .usable = view.bytes,
                .side = view.side ? view.side + index : NULL,
                .slab = view.slab,
        };
        return LIKELY(offset == (size_t)index * view.bytes) ? BLOCK_FOUND : BLOCK_INTERIOR;
}

/* The records of huge blocks that are not in use still say where they were. */
static bool find_gone_huge(uintptr_t word, struct block *ret_block)
{
        enum { RECORDS_SEEN_MAX = 4096 };
        unsigned seen = 0;

        if (word & (SEGMENT_BYTES - 1))
                return false;
        for (struct huge *huge = huge_first(); huge && seen < RECORDS_SEEN_MAX; huge = huge->next, seen++) {
                if (huge_gone_from(huge) != word)
                        continue;
                *ret_block = (struct block){
                        .start = (void *)word,
                        .usable = atomic_load_explicit(&huge->usable, memory_order_relaxed),
                        .side = atomic_load_explicit(&huge->sided, memory_order_relaxed) ? &huge->record : NULL,
                };
                return true;
        }
        return false;
}

/* A slice that is free still has in its record what it was: the first one of a slab or run, or a further one. */
bool heap_find_gone(const void *word, struct block *ret_block)
{
        if (!segment_holds((uintptr_t)word))
                return find_gone_huge((uintptr_t)word, ret_block);

        unsigned slice = (uintptr_t)word >> SLICE_SHIFT & (SEGMENT_SLICES - 1);
        const struct slab *slab = slab_of(word);
        unsigned back = atomic_load_explicit(&slab->back, memory_order_relaxed);

        if (!slice || slab_is_in_use(slab) || back >= slice || back >= slab[-(int)back].slices ||
            slab_is_in_use(slab - back))
                return false;
        slab -= back;

        uint32_t bytes = atomic_load_explicit(&slab->bytes, memory_order_relaxed);
        uint64_t reciprocal = atomic_load_explicit(&slab->reciprocal, memory_order_relaxed);
        size_t offset = (size_t)((const char *)word - slab_start(slab));
        uint32_t index = size_class_index(offset, reciprocal);

        if (index >= atomic_load_explicit(&slab->carved, memory_order_relaxed) || offset != (size_t)index * bytes)
                return false;
        /* The side records of small blocks serve another slab by now. */
        *ret_block = (struct block){.start = (void *)(uintptr_t)word, .usable = bytes};
        if (!reciprocal && atomic_load_explicit(&slab->side, memory_order_relaxed) == &slab->record)
                ret_block->side = (_Atomic uint64_t *)&slab->record;
        return true;
}
