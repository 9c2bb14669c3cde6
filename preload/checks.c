/* From the options to the parts in preload/check. */
#include "preload/checks.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "preload/check/contents.h"
#include "preload/check/freed.h"
#include "preload/check/guard.h"
#include "preload/check/quarantine.h"
#include "preload/config.h"

struct checks checks;

static inline bool is_guarded(const struct block *block)
{
        return checks.guard && guard_has(block);
}

COLD void checks_encode_links(void)
{
        const uint64_t *random = (const uint64_t *)getauxval(AT_RANDOM);

        /* Other bytes than libc has for its own secrets in the first eight. */
        if (config.encode_links)
                slab_link_key = (random ? random[1] : (uintptr_t)&checks) | 1;
}

COLD void checks_open(void)
{
        checks.canaries = config.canaries;
        checks.quarantine = config.quarantine_bytes && quarantine_open(config.quarantine_bytes);
        checks.fill = config.fill != CONFIG_FILL_NONE || checks.quarantine;
        checks.fill_byte = config.fill == CONFIG_FILL_ZERO ? 0 : CONTENTS_JUNK;
        checks.guard = config.guard && guard_open(config.guard);
        checks.first_free = config.debug && freed_open();
        checks.any = checks.canaries || checks.fill || checks.guard || checks.first_free || slab_link_key;
}

/* Free lists tell only here that one of their links was no link any more. */
static void look_at_links(struct thread *thread)
{
        struct block block;
        void *start;

        if (LIKELY(!atomic_load_explicit(&slab_link_broken, memory_order_relaxed)))
                return;
        start = atomic_exchange_explicit(&slab_link_broken, NULL, memory_order_relaxed);
        if (start && heap_find(start, &block) == BLOCK_FOUND)
                errors_link(thread, &block);
}

bool checks_alloc(struct thread *thread, size_t size, size_t alignment, struct block *ret_block)
{
        bool done = (checks.guard && guard_alloc(size, alignment, ret_block)) ||
                    heap_alloc(thread->heap, size, alignment, ret_block);

        look_at_links(thread);
        return done;
}

enum block_status checks_find(const void *word, struct block *ret_block)
{
        enum block_status status = heap_find(word, ret_block);

        return status == BLOCK_FOREIGN && checks.guard ? guard_find(word, ret_block) : status;
}

enum heap_resize_status checks_resize(struct heap *heap, struct block *block, size_t size)
{
        return is_guarded(block) ? HEAP_RESIZE_NO : heap_resize(heap, block, size);
}

/* Should the program die of it, this is all that is known of its guarded blocks. */
static void tell_guarded(struct thread *thread, const struct block *block, uint64_t record, const uintptr_t *free_frame)
{
        struct wire_guarded guarded = {
                .slot = guard_slot(block),
                .number = guard_uses(block) * 2 + (free_frame != NULL),
                .alloc_stack = (uint32_t)record,
                .free_stack = free_frame ? recorder_stack(&thread->recorder, free_frame) : 0,
                .address = (uintptr_t)block->start,
                .size = recorder_size(record, block->usable),
        };

        recorder_guarded(&thread->recorder, &guarded);
}

void checks_ready(struct thread *thread, const struct block *block, size_t size, uint64_t record)
{
        if (checks.canaries && block->side)
                contents_put_canary(block->start, size, block->usable);
        if (is_guarded(block))
                tell_guarded(thread, block, record, NULL);
}

static void check_canary(struct thread *thread, const struct free_call *call, const struct block *block,
                         uint64_t record)
{
        struct contents_change change =
                contents_check_canary(block->start, recorder_size(record, block->usable), block->usable);

        if (UNLIKELY(change.bytes))
                errors_changed(thread, call, block, record, WIRE_ERROR_OVERFLOW, change);
}

void checks_taken(struct thread *thread, const struct free_call *call, const struct block *block, uint64_t record)
{
        if (checks.canaries)
                check_canary(thread, call, block, record);
        if (is_guarded(block))
                tell_guarded(thread, block, record, call->frame);
        if (checks.first_free)
                freed_note(block->start, recorder_stack(&thread->recorder, call->frame));
}

static const struct free_call no_call = {.call = WIRE_CALL_NONE};

/* A block leaves the quarantine. */
static void leave(void *context, void *start)
{
        struct thread *thread = context;
        struct contents_change change;
        struct block block;

        if (heap_find(start, &block) != BLOCK_FOUND)
                return;
        quarantine_left(block.usable);
        change = contents_check_fill(start, block.usable, checks.fill_byte);
        if (UNLIKELY(change.bytes))
                errors_changed(thread, &no_call, &block, atomic_load_explicit(block.side, memory_order_relaxed),
                               WIRE_ERROR_WRITE, change);
        heap_release(thread->heap, &block);
}

static void fill(const struct block *block)
{
        if (block->slab)
                memset(block->start, checks.fill_byte, block->usable);
        else /* huge: to touch all its pages would be worse than what this is against */
                madvise(block->start, block->usable, MADV_DONTNEED);
}

void checks_release(struct thread *thread, const struct block *block)
{
        if (is_guarded(block)) {
                guard_release(block);
                return;
        }
        if (checks.fill)
                fill(block);
        if (checks.quarantine && block->slab && block->side && quarantine_takes(block->usable))
                quarantine_put(block->start, block->usable, leave, thread);
        else
                heap_release(thread->heap, block);
        look_at_links(thread);
}

static void look_at_canary(void *context, const struct heap_visited *visited)
{
        const struct block block = {.start = visited->start, .usable = visited->usable};

        check_canary(context, &no_call, &block, visited->side);
}

void checks_last_look(struct thread *thread)
{
        struct heap_empty empty;

        if (checks.quarantine)
                quarantine_clear(leave, thread);
        if (checks.canaries) {
                heaps_walk(look_at_canary, thread, &empty);
                guard_walk(look_at_canary, thread);
        }
        thread->erred = false; /* what is found so late is told, and the program has its own end */
}
