/* The C++ operators new and delete, in C under their mangled names (Itanium C++ ABI, 64-bit).
 *
 * When there is no memory, the C++ runtime's own operator is called: it tries again through malloc, and calls the new
 * handler or throws, neither of which C can do. When the program brings its own malloc, everything goes to that. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

#include "preload/block.h"
#include "preload/lifecycle.h"
#include "preload/plain.h"
#include "preload/traced.h"

typedef void *new_plain(size_t size);
typedef void *new_aligned(size_t size, size_t alignment);

/* What they throw passes our frames by their unwind tables, which C functions have on all machines we know; nothing of
 * ours is left busy then. */
static COLD void *runtime_new(const char *name, size_t size)
{
        new_plain *next = (new_plain *)dlsym(RTLD_NEXT, name);

        errors_expect_foreign_new();
        return next ? next(size) : NULL;
}

static COLD void *runtime_new_aligned(const char *name, size_t size, size_t alignment)
{
        new_aligned *next = (new_aligned *)dlsym(RTLD_NEXT, name);

        errors_expect_foreign_new();
        return next ? next(size, alignment) : NULL;
}

static NOINLINE void *new_slow(size_t size, enum wire_alloc_kind kind, const char *name, const uintptr_t *frame)
{
        void *block;

        if (traced_is_quick() && LIKELY(block = traced_alloc(size, kind, frame)))
                return block;
        block = lifecycle_is_passive() ? malloc(size) : plain_alloc(size, 16);
        if (!block && !lifecycle_is_passive())
                block = block_new(size, 16, kind, false, frame);
        if (block || !name)
                return block;
        return runtime_new(name, size);
}

static NOINLINE void *new_slow_aligned(size_t size, size_t alignment, enum wire_alloc_kind kind, const char *name,
                                       const uintptr_t *frame)
{
        void *block = NULL;

        if (alignment < 16)
                alignment = 16;
        if (lifecycle_is_passive()) {
                if (posix_memalign(&block, alignment, size) != 0)
                        block = NULL;
        } else if (!(block = plain_alloc(size, alignment))) {
                block = block_new(size, alignment, kind, false, frame);
        }
        if (block || !name)
                return block;
        return runtime_new_aligned(name, size, alignment);
}

static NOINLINE void delete_slow(void *block, enum wire_call call, bool sized, size_t size, size_t alignment)
{
        if (traced_is_quick() && !alignment &&
            LIKELY(traced_delete(block, call == WIRE_CALL_DELETE ? WIRE_NEW_ARRAY : WIRE_NEW,
                                 sized ? size : TRACED_SIZE_ANY)))
                return;
        if (lifecycle_is_passive())
                free(block);
        else if (block && (thread_sided || !plain_free(block)))
                block_free(block, &(struct free_call){BLOCK_FRAME, call, sized, size, alignment});
        block_keep_frame();
}

#define NEW(symbol, kind, name)                                                                                        \
        void *symbol(size_t size);                                                                                     \
        EXPORT void *symbol(size_t size)                                                                               \
        {                                                                                                              \
                void *block = heap_alloc_fast(heap_current, size);                                                     \
                                                                                                                       \
                if (UNLIKELY(!block))                                                                                  \
                        return block_kept(new_slow(size, kind, name, BLOCK_FRAME));                                    \
                return block;                                                                                          \
        }
#define NEW_NOTHROW(symbol, kind)                                                                                      \
        void *symbol(size_t size, const void *tag);                                                                    \
        EXPORT void *symbol(size_t size, const void *tag)                                                              \
        {                                                                                                              \
                void *block = heap_alloc_fast(heap_current, size);                                                     \
                                                                                                                       \
                (void)tag;                                                                                             \
                if (UNLIKELY(!block))                                                                                  \
                        return block_kept(new_slow(size, kind, NULL, BLOCK_FRAME));                                    \
                return block;                                                                                          \
        }
#define NEW_ALIGNED(symbol, kind, name)                                                                                \
        void *symbol(size_t size, size_t alignment);                                                                   \
        EXPORT void *symbol(size_t size, size_t alignment)                                                             \
        {                                                                                                              \
                return block_kept(new_slow_aligned(size, alignment, kind, name, BLOCK_FRAME));                         \
        }
#define NEW_ALIGNED_NOTHROW(symbol, kind)                                                                              \
        void *symbol(size_t size, size_t alignment, const void *tag);                                                  \
        EXPORT void *symbol(size_t size, size_t alignment, const void *tag)                                            \
        {                                                                                                              \
                (void)tag;                                                                                             \
                return block_kept(new_slow_aligned(size, alignment, kind, NULL, BLOCK_FRAME));                         \
        }
#define DELETE(symbol, call, parameters, sized, size, alignment)                                                       \
        void symbol parameters;                                                                                        \
        EXPORT void symbol parameters                                                                                  \
        {                                                                                                              \
                if (UNLIKELY(!plain_free_fast(block)))                                                                 \
                        delete_slow(block, call, sized, size, alignment);                                              \
        }
#define PLAIN           (void *block)
#define SIZED           (void *block, size_t size)
#define ALIGNED         (void *block, size_t alignment)
#define SIZED_ALIGNED   (void *block, size_t size, size_t alignment)
#define NOTHROW         (void *block, const void *tag __attribute__((unused)))
#define ALIGNED_NOTHROW (void *block, size_t alignment, const void *tag __attribute__((unused)))

NEW(_Znwm, WIRE_NEW, "_Znwm")
NEW(_Znam, WIRE_NEW_ARRAY, "_Znam")
NEW_NOTHROW(_ZnwmRKSt9nothrow_t, WIRE_NEW)
NEW_NOTHROW(_ZnamRKSt9nothrow_t, WIRE_NEW_ARRAY)
NEW_ALIGNED(_ZnwmSt11align_val_t, WIRE_NEW, "_ZnwmSt11align_val_t")
NEW_ALIGNED(_ZnamSt11align_val_t, WIRE_NEW_ARRAY, "_ZnamSt11align_val_t")
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t, WIRE_NEW)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t, WIRE_NEW_ARRAY)
DELETE(_ZdlPv, WIRE_CALL_DELETE, PLAIN, false, 0, 0)
DELETE(_ZdaPv, WIRE_CALL_DELETE_ARRAY, PLAIN, false, 0, 0)
DELETE(_ZdlPvm, WIRE_CALL_DELETE, SIZED, true, size, 0)
DELETE(_ZdaPvm, WIRE_CALL_DELETE_ARRAY, SIZED, true, size, 0)
DELETE(_ZdlPvRKSt9nothrow_t, WIRE_CALL_DELETE, NOTHROW, false, 0, 0)
DELETE(_ZdaPvRKSt9nothrow_t, WIRE_CALL_DELETE_ARRAY, NOTHROW, false, 0, 0)
DELETE(_ZdlPvSt11align_val_t, WIRE_CALL_DELETE, ALIGNED, false, 0, alignment)
DELETE(_ZdaPvSt11align_val_t, WIRE_CALL_DELETE_ARRAY, ALIGNED, false, 0, alignment)
DELETE(_ZdlPvmSt11align_val_t, WIRE_CALL_DELETE, SIZED_ALIGNED, true, size, alignment)
DELETE(_ZdaPvmSt11align_val_t, WIRE_CALL_DELETE_ARRAY, SIZED_ALIGNED, true, size, alignment)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, WIRE_CALL_DELETE, ALIGNED_NOTHROW, false, 0, alignment)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, WIRE_CALL_DELETE_ARRAY, ALIGNED_NOTHROW, false, 0, alignment)
