/* The fast paths of plain heaps as preload/plain.c goes them, apart from the scenes since it is instrumented. */
#include "tests/model/fast.h"

bool fast_take(struct heap *heap, size_t size, struct block *ret_block)
{
        void *start = heap_alloc_medium(heap, size_class_of(size));

        if (!start)
                return false;
        return heap_find(start, ret_block) == BLOCK_FOUND;
}

bool fast_give(struct heap *heap, const struct block *block)
{
        switch (slab_free(block->slab, heap, block->start)) {
        case HEAP_FREE_DONE:
                return true;
        case HEAP_FREE_EMPTIED:
                if (heap->fast[block->slab->size_class] != block->slab)
                        heap_emptied(heap, block->start);
                return true;
        default:
                return heap_free_remote(heap, block->slab, block->start);
        }
}
