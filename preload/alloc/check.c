/* What an arbitrary word is to us. */
#include "preload/alloc/heap.h"

static enum block_status find_huge(uintptr_t word, struct block *ret_block)
{
        struct huge *huge = huge_find(word);

        if (!huge)
                return BLOCK_FOREIGN;
        if (atomic_load_explicit(&huge->start, memory_order_relaxed) != word)
                return BLOCK_INTERIOR;
        *ret_block = (struct block){
                .start = (void *)word,
                .usable = atomic_load_explicit(&huge->usable, memory_order_relaxed),
                .side = atomic_load_explicit(&huge->sided, memory_order_relaxed) ? &huge->record : NULL,
                .huge = huge,
        };
        return BLOCK_FOUND;
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
        if (UNLIKELY(offset != (size_t)index * view.bytes))
                return BLOCK_INTERIOR;
        *ret_block = (struct block){
                .start = view.start + offset,
                .usable = view.bytes,
                .side = view.side ? view.side + index : NULL,
                .slab = view.slab,
        };
        return BLOCK_FOUND;
}
