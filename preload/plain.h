/* The ways of blocks that nobody records: what the functions of the malloc family try first, on the calling thread's
 * plain heap. Nothing here enters the thread (thread.h) but where it says so; while tracing, every one of them misses.
 * errno survives. */
#ifndef PRELOAD_PLAIN_H
#define PRELOAD_PLAIN_H

#include "preload/thread.h"

/* The slab of a block that was just freed was empty. Enters the thread, if there is something to do. */
void plain_emptied(void *block);

/* Frees what heap_free_fast did not: blocks of large slabs, and those of other plain heaps. */
bool plain_free(void *block);

/* The first try of every free; false: take the slow path. */
static inline bool plain_free_fast(void *block)
{
        enum heap_free_status status = heap_free_fast(heap_current, block);

        if (UNLIKELY(status == HEAP_FREE_EMPTIED))
                plain_emptied(block);
        return status != HEAP_FREE_NO;
}

/* Up to SIZE_CLASS_BYTES_MAX bytes and any alignment; NULL: not done. */
void *plain_alloc(size_t size, size_t alignment);

/* The same for what the fast path does; NULL: not done. Rounded up to the alignment, the size is of a class whose
 * blocks all have it; see size_class_aligned. */
static inline void *plain_alloc_aligned(size_t size, size_t alignment)
{
        size_t least = (size + alignment - 1) & -alignment;

        if (UNLIKELY(size - 1 >= SIZE_CLASS_QUICK_BYTES || alignment > SIZE_CLASS_QUICK_BYTES))
                return NULL;
        return heap_alloc_fast(heap_current, least);
}

/* Usable bytes of a block of a plain heap; 0: none such. */
size_t plain_usable(const void *block);

/* NULL: not done; the block is as it was. */
void *plain_resize(void *block, size_t size);

#endif
