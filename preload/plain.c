/* Blocks that nobody records: the less usual ways. */
#include "preload/plain.h"

#include <errno.h>
#include <string.h>

static COLD void put_away(void *block)
{
        int errno_before = errno;
        struct thread *thread = thread_enter();

        if (thread) {
                heap_emptied(thread->heap, block);
                thread_leave(thread);
        }
        errno = errno_before;
}

void plain_emptied(void *block)
{
        struct slab *slab = slab_of_block(block);

        if (UNLIKELY(heap_current->fast[slab->size_class] != slab)) /* the current slab stays */
                put_away(block);
}

bool plain_free(void *block)
{
        struct heap *heap = heap_current;
        struct slab *slab;
        enum heap_free_status status;

        if (UNLIKELY(!segment_holds((uintptr_t)block)))
                return false;
        slab = slab_of_block(block);
        status = slab_free(slab, heap, block);
        if (LIKELY(status == HEAP_FREE_NO))
                return heap_free_remote(heap, slab, block);
        if (status == HEAP_FREE_EMPTIED)
                plain_emptied(block);
        return true;
}

void *plain_alloc(size_t size, size_t alignment)
{
        struct heap *heap = heap_current;
        unsigned size_class;
        void *block;

        if (alignment > 16)
                size_class = size_class_aligned(size, alignment);
        else
                size_class = size <= SIZE_CLASS_BYTES_MAX ? size_class_of(size) : SIZE_CLASSES;
        if (size_class == SIZE_CLASSES)
                return NULL;
        block = heap_alloc_medium(heap, size_class);
        return LIKELY(block) || !heap_renew(heap, size_class) ? block : heap_alloc_medium(heap, size_class);
}

size_t plain_usable(const void *block)
{
        const struct slab *slab = segment_holds((uintptr_t)block) ? slab_of_block(block) : NULL;
        uintptr_t owner = slab ? atomic_load_explicit(&slab->owner, memory_order_relaxed) : 0;

        if (!owner || owner & SLAB_SIDED || !slab_has_start(slab, block))
                return 0;
        return atomic_load_explicit(&slab->bytes, memory_order_relaxed);
}

void *plain_resize(void *block, size_t size)
{
        size_t usable = plain_usable(block);
        void *moved;

        if (!usable)
                return NULL;
        if (size <= usable && size >= usable / 2) /* below half, a smaller block saves more than the copy costs */
                return block;
        moved = plain_alloc(size, 16);
        if (!moved)
                return NULL;
        memcpy(moved, block, size < usable ? size : usable);
        if (!plain_free(block)) { /* of a heap that has no thread: the long way */
                plain_free(moved);
                return NULL;
        }
        return moved;
}
