/* From a bad free to the event that tells of it. All of it is cold. */
#include "preload/errors.h"

#include <stdatomic.h>

#include "preload/check/freed.h"

static _Atomic uint64_t frees_foreign, frees_interior, frees_twice;
static _Atomic bool foreign_new;

void (*errors_follow)(void);

struct errors_counts errors_counts(void)
{
        return (struct errors_counts){frees_foreign, frees_interior, frees_twice};
}

COLD void errors_expect_foreign_new(void)
{
        atomic_store_explicit(&foreign_new, true, memory_order_relaxed);
}

static void tell(struct thread *thread, const struct free_call *call, struct wire_error *error)
{
        error->call = call->call;
        if (!thread->recording)
                return;
        recorder_error(&thread->recorder, call->frame, error);
        thread->erred = true;
}

/* What a side record, of a block in use or free, says of the block. */
static void describe(struct wire_error *error, const struct block *block, uint64_t record)
{
        if (!record)
                return;
        error->size = recorder_size(record, block->usable);
        error->alloc_kind = recorder_kind(record) + 1u;
        error->alloc_stack = (uint32_t)record;
}

static uint64_t record_of(const struct block *block)
{
        return block->side ? atomic_load_explicit(block->side, memory_order_relaxed) : 0;
}

COLD void errors_twice(struct thread *thread, const struct free_call *call, const struct block *block, uint64_t record)
{
        struct wire_error error = {
                .kind = WIRE_ERROR_DOUBLE,
                .address = (uintptr_t)block->start,
                .free_stack = freed_stack(block->start),
        };

        atomic_fetch_add_explicit(&frees_twice, 1, memory_order_relaxed);
        describe(&error, block, record);
        tell(thread, call, &error);
}

COLD void errors_changed(struct thread *thread, const struct free_call *call, const struct block *block,
                         uint64_t record, enum wire_error_kind kind, struct contents_change change)
{
        struct wire_error error = {
                .kind = kind,
                .address = (uintptr_t)block->start,
                .offset = change.offset,
                .said = change.bytes,
                .stack = kind == WIRE_ERROR_WRITE ? freed_stack(block->start) : 0,
        };

        describe(&error, block, record);
        tell(thread, call, &error);
}

COLD void errors_link(struct thread *thread, const struct block *block)
{
        static const struct free_call no_call = {.call = WIRE_CALL_NONE};
        struct wire_error error = {
                .kind = WIRE_ERROR_LINK,
                .address = (uintptr_t)block->start,
                .stack = freed_stack(block->start),
        };
        uint64_t record = record_of(block);

        /* It may have been given out since. */
        describe(&error, block, heap_record_in_use(record) ? 0 : record);
        tell(thread, &no_call, &error);
}

static void interior(struct thread *thread, const struct free_call *call, const void *start, const struct block *around)
{
        uint64_t record = record_of(around);
        struct wire_error error = {
                .kind = WIRE_ERROR_INTERIOR,
                .address = (uintptr_t)start,
                .offset = (uintptr_t)start - (uintptr_t)around->start,
                .flags = around->side && !heap_record_in_use(record) ? WIRE_ERROR_FREED : 0,
                .free_stack = around->side && !heap_record_in_use(record) ? freed_stack(around->start) : 0,
        };

        atomic_fetch_add_explicit(&frees_interior, 1, memory_order_relaxed);
        describe(&error, around, record);
        tell(thread, call, &error);
}

COLD void errors_no_block(struct thread *thread, const struct free_call *call, const void *start,
                          enum block_status status, const struct block *found)
{
        struct wire_error error = {
                .kind = WIRE_ERROR_FOREIGN,
                .address = (uintptr_t)start,
                .place = segment_holds((uintptr_t)start) ? WIRE_PLACE_POOLS : WIRE_PLACE_OTHER,
        };
        struct block gone;

        if (status == BLOCK_INTERIOR) {
                interior(thread, call, start, found);
        } else if (heap_find_gone(start, &gone)) {
                errors_twice(thread, call, &gone, record_of(&gone));
        } else {
                atomic_fetch_add_explicit(&frees_foreign, 1, memory_order_relaxed);
                tell(thread, call, &error);
        }
}

/* new and delete[], or the other way round. Only what went through our own operators both times: a library that has a
 * C++ runtime of its own rightly gives back by free what it got from new, and the other way round. */
static bool is_array_mixed(const struct free_call *call, uint64_t record)
{
        enum wire_alloc_kind kind = recorder_kind(record);

        if (atomic_load_explicit(&foreign_new, memory_order_relaxed))
                return false;
        return (call->call == WIRE_CALL_DELETE && kind == WIRE_NEW_ARRAY) ||
               (call->call == WIRE_CALL_DELETE_ARRAY && kind == WIRE_NEW);
}

void errors_look_at_call(struct thread *thread, const struct free_call *call, const struct block *block,
                         uint64_t record)
{
        struct wire_error error = {.address = (uintptr_t)block->start};

        if (is_array_mixed(call, record)) {
                error.kind = WIRE_ERROR_ARRAY;
        } else if (call->sized && call->size != recorder_size(record, block->usable) &&
                   !atomic_load_explicit(&foreign_new, memory_order_relaxed)) {
                error.kind = WIRE_ERROR_SIZE;
                error.said = call->size;
        } else if (call->alignment && (uintptr_t)block->start % call->alignment) {
                error.kind = WIRE_ERROR_ALIGNMENT;
                error.said = call->alignment;
        } else {
                return;
        }
        describe(&error, block, record);
        tell(thread, call, &error);
}
