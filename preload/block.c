/* Where allocator and recorder meet. */
#include "preload/block.h"

#include <errno.h>
#include <string.h>

#include "preload/annotations.h"
#include "preload/checks.h"
#include "preload/thread.h"

void (*block_due)(void);

static COLD void block_follow(bool erred, bool due)
{
        if (erred && errors_follow)
                errors_follow();
        if (due && block_due)
                block_due();
}

/* What an error leads to, or what was due, comes when nothing of ours is held any more. */
static inline void block_leave(struct thread *thread)
{
        bool erred = thread->erred, due = thread->recorder.due;

        if (UNLIKELY(erred | due))
                thread->erred = thread->recorder.due = false;
        thread_leave(thread);
        if (UNLIKELY(erred | due))
                block_follow(erred, due);
}

/* What stands between us and heap.h when checks are on. */

static inline bool alloc(struct thread *thread, size_t size, size_t alignment, struct block *ret_block)
{
        if (LIKELY(!checks.any))
                return heap_alloc(thread->heap, size, alignment, ret_block);
        return checks_alloc(thread, size, alignment, ret_block);
}

static inline enum block_status find(const void *word, struct block *ret_block)
{
        if (LIKELY(!checks.any))
                return heap_find(word, ret_block);
        return checks_find(word, ret_block);
}

static inline enum heap_resize_status resize(struct heap *heap, struct block *block, size_t size)
{
        if (LIKELY(!checks.any))
                return heap_resize(heap, block, size);
        return checks_resize(heap, block, size);
}

static inline void release(struct thread *thread, const struct block *block)
{
        if (LIKELY(!checks.any))
                heap_release(thread->heap, block);
        else
                checks_release(thread, block);
}

/* The block gets its record, and is the program's. */
static inline void block_store(struct thread *thread, struct block *block, size_t size, uint64_t record)
{
        if (UNLIKELY(checks.any))
                checks_ready(thread, block, size, record);
        atomic_store_explicit(block->side, record, memory_order_release);
        /* The caller's own thread, even if another serves the call. */
        if (UNLIKELY(atomic_load_explicit(&annotations_begun, memory_order_relaxed) && thread_current->ignoring))
                annotations_ignore(block->start, record);
        if (UNLIKELY(thread->heap->sampling.on))
                thread->allocated = heap_allocated(thread->heap);
}

/* In a sample, the recorder does not see all that lies between an allocation and its free. */
static COLD void block_look_between(struct thread *thread)
{
        if (heap_allocated(thread->heap) != thread->allocated)
                thread->recorder.last = NULL;
}

void *block_new(size_t size, size_t alignment, enum wire_alloc_kind kind, bool zero, const uintptr_t *frame)
{
        int *error = &errno, errno_before = *error;
        struct thread *thread = size <= PTRDIFF_MAX ? thread_enter() : NULL;
        struct block block = {.start = NULL};

        if (UNLIKELY(!thread || !alloc(thread, size, alignment, &block))) {
                if (thread)
                        block_leave(thread);
                errno = ENOMEM;
                return NULL;
        }
        if (zero && !block.zeroed)
                memset(block.start, 0, block.usable);
        if (block.side)
                block_store(thread, &block, size,
                            recorder_alloc(&thread->recorder, frame, kind, size, block.usable, block.start));
        block_leave(thread);
        *error = errno_before;
        return block.start;
}

/* Takes a side record: what it was is returned, and it becomes that of a freed block. A block of the thread's own heap
 * is freed by this thread, or the program is at fault; any other is exchanged, so that of two threads that free one
 * block only one does. */
static inline uint64_t record_take(const struct heap *heap, const struct block *block)
{
        uint64_t record = atomic_load_explicit(block->side, memory_order_relaxed);

        if (LIKELY(record & RECORDER_LIVE)) {
                if (UNLIKELY(!heap_owns(heap, block)))
                        return atomic_exchange_explicit(block->side, recorder_freed(record), memory_order_acq_rel);
                atomic_store_explicit(block->side, recorder_freed(record), memory_order_relaxed);
        }
        return record;
}

/* Finds the block and takes its record. False: there is no such block, which has been told. Inlined into its two
 * callers: each call of the program comes through here. */
static inline __attribute__((always_inline)) bool block_take(struct thread *thread, const void *start,
                                                             const struct free_call *call, struct block *ret_block,
                                                             uint64_t *ret_record)
{
        enum block_status status = find(start, ret_block);

        *ret_record = 0;
        if (UNLIKELY(status != BLOCK_FOUND)) {
                errors_no_block(thread, call, start, status, ret_block);
                return false;
        }
        if (!ret_block->side)
                return true;
        *ret_record = record_take(thread->heap, ret_block);
        if (UNLIKELY(!(*ret_record & RECORDER_LIVE))) {
                errors_twice(thread, call, ret_block, *ret_record);
                return false;
        }
        if (call->call >= WIRE_CALL_DELETE || UNLIKELY(call->sized))
                errors_look_at_call(thread, call, ret_block, *ret_record);
        if (UNLIKELY(checks.any))
                checks_taken(thread, call, ret_block, *ret_record);
        return true;
}

void block_free(void *start, const struct free_call *call)
{
        int errno_before = errno;
        struct thread *thread = thread_enter();
        struct block block;
        uint64_t record;

        if (UNLIKELY(!thread)) /* no memory even for that: the block is lost */
                return;
        if (LIKELY(block_take(thread, start, call, &block, &record))) {
                /* Recorded first: once released, another thread may get the same address. */
                if (record && UNLIKELY(thread->heap->sampling.on))
                        block_look_between(thread);
                if (record)
                        recorder_free(&thread->recorder, record, block.usable, start);
                release(thread, &block);
        }
        block_leave(thread);
        errno = errno_before;
}

/* A new block with the old one's contents. False: no memory; the old block is as it was. */
static bool block_move(struct thread *thread, struct block *block, size_t size, uint64_t record, const uintptr_t *frame,
                       struct block *ret_block)
{
        if (!alloc(thread, size, 16, ret_block))
                return false;
        memcpy(ret_block->start, block->start, size < block->usable ? size : block->usable);
        if (record)
                recorder_free(&thread->recorder, record, block->usable, block->start);
        if (ret_block->side)
                block_store(thread, ret_block, size,
                            recorder_alloc(&thread->recorder, frame, WIRE_REALLOC, size, ret_block->usable,
                                           ret_block->start));
        release(thread, block);
        return true;
}

/* By its change of size, the block has come into the sample or left it. */
static COLD void block_resampled(struct thread *thread, struct block *block, size_t size, uint64_t record,
                                 size_t usable_old, const uintptr_t *frame)
{
        if (record)
                recorder_resize_lost(&thread->recorder, record, usable_old, block->start);
        else
                block_store(thread, block, size,
                            recorder_resize_won(&thread->recorder, frame, size, block->usable, block->start));
}

/* The block has been taken. False: no memory; its record is to be put back. */
static bool block_resize_taken(struct thread *thread, struct block *block, size_t size, uint64_t record,
                               const uintptr_t *frame)
{
        size_t usable = block->usable;
        void *start = block->start;
        struct block moved;

        switch (resize(thread->heap, block, size)) {
        case HEAP_RESIZE_IN_PLACE:
                if (UNLIKELY(!block->side != !record))
                        block_resampled(thread, block, size, record, usable, frame);
                else if (block->side)
                        block_store(
                                thread, block, size,
                                recorder_resize(&thread->recorder, frame, record, usable, size, block->usable, start));
                return true;
        case HEAP_RESIZE_MOVED:
                if (record)
                        recorder_free(&thread->recorder, record, usable, start);
                if (block->side)
                        block_store(thread, block, size,
                                    recorder_alloc(&thread->recorder, frame, WIRE_REALLOC, size, block->usable,
                                                   block->start));
                return true;
        default:
                if (!block_move(thread, block, size, record, frame, &moved))
                        return false;
                *block = moved;
                return true;
        }
}

void *block_resize(void *start, size_t size, const uintptr_t *frame)
{
        int errno_before = errno;
        struct thread *thread = size <= PTRDIFF_MAX ? thread_enter() : NULL;
        const struct free_call call = {.frame = frame, .call = WIRE_CALL_REALLOC};
        struct block block;
        uint64_t record;
        bool done = false;

        if (LIKELY(thread)) {
                /* A scan for leaks that comes meanwhile may find neither the old block live nor the new one. */
                atomic_store_explicit(&thread->moving, (uintptr_t)start, memory_order_relaxed);
                atomic_signal_fence(memory_order_seq_cst);
                if (block_take(thread, start, &call, &block, &record)) {
                        done = block_resize_taken(thread, &block, size, record, frame);
                        if (!done && block.side)
                                block_store(thread, &block, recorder_size(record, block.usable), record);
                }
                atomic_signal_fence(memory_order_seq_cst);
                atomic_store_explicit(&thread->moving, 0, memory_order_relaxed);
                block_leave(thread);
        }
        errno = done ? errno_before : ENOMEM;
        return done ? block.start : NULL;
}

size_t block_usable(const void *start)
{
        struct block block;

        if (find(start, &block) != BLOCK_FOUND)
                return 0;
        if (UNLIKELY(checks.canaries) && block.side) /* what is behind it is not the program's to write to */
                return recorder_size(atomic_load_explicit(block.side, memory_order_relaxed), block.usable);
        return block.usable;
}
