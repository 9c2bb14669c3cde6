/* Allocator and recorder in one go. */
#include "preload/traced.h"

#include <string.h>

#include "preload/record/quick.h"
#include "preload/thread.h"

_Atomic int traced_quick;

void traced_slow_down(void)
{
        atomic_fetch_sub_explicit(&traced_quick, 1, memory_order_relaxed);
}

void traced_speed_up(void)
{
        atomic_fetch_add_explicit(&traced_quick, 1, memory_order_relaxed);
}

/* The calling thread, entered, if its recorder is ready for so many events; or NULL. The caller of traced.h has looked
 * that the quick ways may be tried, so heap_current is heap_none all the time: the heap is sided. Inlined always, as
 * thread_enter. */
static inline __attribute__((always_inline)) struct thread *enter(uint32_t events)
{
        struct thread *thread = thread_current;

        if (UNLIKELY(!thread || thread->busy || *thread_canary == 0))
                return NULL;
        thread->busy = __builtin_frame_address(0);
        atomic_signal_fence(memory_order_seq_cst);
        if (LIKELY(recorder_is_ready(&thread->recorder, events)))
                return thread;
        thread->busy = NULL;
        return NULL;
}

static inline void leave(struct thread *thread)
{
        atomic_signal_fence(memory_order_seq_cst);
        thread->busy = NULL;
}

static inline __attribute__((always_inline)) void *alloc(size_t size, enum wire_alloc_kind kind, const uintptr_t *frame,
                                                         size_t *ret_usable)
{
        _Atomic uint64_t *side;
        unsigned size_class;
        struct thread *thread;
        size_t usable;
        void *block;

        if (UNLIKELY(size > SIZE_CLASS_BYTES_MAX) || !(thread = enter(1)))
                return NULL;
        size_class = size_class_of(size);
        block = heap_take_sided(thread->heap, size_class, &side);
        if (LIKELY(block)) {
                usable = size_classes[size_class].bytes;
                /* Release: who finds the record in use finds the block made. */
                atomic_store_explicit(side, recorder_alloc_quick(&thread->recorder, frame, kind, size, usable, block),
                                      memory_order_release);
                *ret_usable = usable;
        }
        leave(thread);
        return block;
}

void *traced_alloc(size_t size, enum wire_alloc_kind kind, const uintptr_t *frame)
{
        size_t usable;

        return alloc(size, kind, frame, &usable);
}

void *traced_calloc(size_t size, const uintptr_t *frame)
{
        size_t usable = 0;
        void *block = alloc(size, WIRE_CALLOC, frame, &usable);

        return block ? memset(block, 0, usable) : NULL;
}

/* To a block of another class. Both records live for a moment, so that a scan for leaks loses neither. */
static inline void *move(struct thread *thread, struct slab *slab, void *start, _Atomic uint64_t *side, uint64_t record,
                         size_t size, const uintptr_t *frame)
{
        size_t usable = atomic_load_explicit(&slab->bytes, memory_order_relaxed), usable_new;
        unsigned size_class = size_class_of(size);
        _Atomic uint64_t *side_new;
        void *block = heap_take_sided(thread->heap, size_class, &side_new);

        if (UNLIKELY(!block))
                return NULL;
        usable_new = size_classes[size_class].bytes;
        memcpy(block, start, size < usable ? size : usable);
        recorder_free_quick(&thread->recorder, record, usable, start);
        /* Release: as in alloc. */
        atomic_store_explicit(side_new,
                              recorder_alloc_quick(&thread->recorder, frame, WIRE_REALLOC, size, usable_new, block),
                              memory_order_release);
        atomic_store_explicit(side, recorder_freed(record), memory_order_relaxed);
        heap_put_sided(thread->heap, slab, start);
        heap_count_resize(thread->heap, false);
        return block;
}

static inline void *resize(struct thread *thread, void *start, size_t size, const uintptr_t *frame)
{
        _Atomic uint64_t *side;
        struct slab *slab = heap_find_sided(thread->heap, start, &side);
        uint64_t record;
        size_t usable;

        if (UNLIKELY(!slab))
                return NULL;
        record = atomic_load_explicit(side, memory_order_relaxed);
        if (UNLIKELY(!recorder_is_plain(record)))
                return NULL;
        usable = atomic_load_explicit(&slab->bytes, memory_order_relaxed);
        if (!heap_keeps_small(usable, size))
                return move(thread, slab, start, side, record, size, frame);
        record = recorder_resize_quick(&thread->recorder, frame, record, size, usable, start);
        atomic_store_explicit(side, record, memory_order_release);
        heap_count_resize(thread->heap, true);
        return start;
}

void *traced_resize(void *start, size_t size, const uintptr_t *frame)
{
        struct thread *thread;
        void *resized;

        if (UNLIKELY(size > SIZE_CLASS_BYTES_MAX) || !(thread = enter(2)))
                return NULL;
        resized = resize(thread, start, size, frame);
        leave(thread);
        return resized;
}

static inline __attribute__((always_inline)) bool release(void *start, enum wire_alloc_kind not, size_t size)
{
        struct thread *thread = enter(1);
        _Atomic uint64_t *side;
        struct slab *slab;
        bool done = false;

        if (UNLIKELY(!thread))
                return false;
        slab = heap_find_sided(thread->heap, start, &side);
        if (LIKELY(slab)) {
                uint64_t record = atomic_load_explicit(side, memory_order_relaxed);
                size_t usable = atomic_load_explicit(&slab->bytes, memory_order_relaxed);

                done = recorder_is_plain(record) && (not == WIRE_ALLOC_KINDS || recorder_kind(record) != not ) &&
                       (size == TRACED_SIZE_ANY || recorder_size(record, usable) == size);
                if (LIKELY(done)) {
                        atomic_store_explicit(side, recorder_freed(record), memory_order_relaxed);
                        recorder_free_quick(&thread->recorder, record, usable, start);
                        heap_put_sided(thread->heap, slab, start);
                }
        }
        leave(thread);
        return done;
}

bool traced_free(void *start)
{
        return release(start, WIRE_ALLOC_KINDS, TRACED_SIZE_ANY);
}

bool traced_delete(void *start, enum wire_alloc_kind not, size_t size)
{
        return release(start, not, size);
}

size_t traced_usable(const void *start)
{
        const struct slab *slab = segment_holds((uintptr_t)start) ? slab_of_block(start) : NULL;

        if (UNLIKELY(!slab || !atomic_load_explicit(&slab->owner, memory_order_relaxed) ||
                     !slab_has_start(slab, start)))
                return 0;
        return atomic_load_explicit(&slab->bytes, memory_order_relaxed);
}
