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

typedef void *new_plain(size_t size);
typedef void *new_aligned(size_t size, size_t alignment);

/* What they throw passes our frames by their unwind tables, which C functions have on all machines we know; nothing of
 * ours is left busy then. */
static COLD void *runtime_new(const char *name, size_t size)
{
        new_plain *next = (new_plain *)dlsym(RTLD_NEXT, name);

        return next ? next(size) : NULL;
}

static COLD void *runtime_new_aligned(const char *name, size_t size, size_t alignment)
{
        new_aligned *next = (new_aligned *)dlsym(RTLD_NEXT, name);

        return next ? next(size, alignment) : NULL;
}

static NOINLINE void *new_slow(size_t size, enum wire_alloc_kind kind, const char *name, const uintptr_t *frame)
{
        void *block = lifecycle_is_passive() ? malloc(size) : plain_alloc(size, 16);

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

static inline void delete_any(void *block)
{
        enum heap_free_status status = heap_free_fast(heap_current, block);

        if (LIKELY(status == HEAP_FREE_DONE))
                return;
        if (status == HEAP_FREE_EMPTIED)
                plain_emptied(block);
        else
                free(block);
}

#define NEW(symbol, kind, name)                                                                                        \
        void *symbol(size_t size);                                                                                     \
        EXPORT void *symbol(size_t size)                                                                               \
        {                                                                                                              \
                bool beat;                                                                                             \
                void *block = heap_alloc_fast(heap_current, size, &beat);                                              \
                                                                                                                       \
                if (UNLIKELY(!block))                                                                                  \
                        return block_kept(new_slow(size, kind, name, BLOCK_FRAME));                                    \
                return UNLIKELY(beat) ? plain_beat(block) : block;                                                     \
        }
#define NEW_NOTHROW(symbol, kind)                                                                                      \
        void *symbol(size_t size, const void *tag);                                                                    \
        EXPORT void *symbol(size_t size, const void *tag)                                                              \
        {                                                                                                              \
                bool beat;                                                                                             \
                void *block = heap_alloc_fast(heap_current, size, &beat);                                              \
                                                                                                                       \
                (void)tag;                                                                                             \
                if (UNLIKELY(!block))                                                                                  \
                        return block_kept(new_slow(size, kind, NULL, BLOCK_FRAME));                                    \
                return UNLIKELY(beat) ? plain_beat(block) : block;                                                     \
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
#define DELETE(symbol)                                                                                                 \
        void symbol(void *block);                                                                                      \
        EXPORT void symbol(void *block)                                                                                \
        {                                                                                                              \
                delete_any(block);                                                                                     \
        }
#define DELETE_WITH(symbol)                                                                                            \
        void symbol(void *block, size_t a);                                                                            \
        EXPORT void symbol(void *block, size_t a)                                                                      \
        {                                                                                                              \
                (void)a;                                                                                               \
                delete_any(block);                                                                                     \
        }
#define DELETE_WITH_TWO(symbol)                                                                                        \
        void symbol(void *block, size_t a, size_t b);                                                                  \
        EXPORT void symbol(void *block, size_t a, size_t b)                                                            \
        {                                                                                                              \
                (void)a, (void)b;                                                                                      \
                delete_any(block);                                                                                     \
        }

NEW(_Znwm, WIRE_NEW, "_Znwm")
NEW(_Znam, WIRE_NEW_ARRAY, "_Znam")
NEW_NOTHROW(_ZnwmRKSt9nothrow_t, WIRE_NEW)
NEW_NOTHROW(_ZnamRKSt9nothrow_t, WIRE_NEW_ARRAY)
NEW_ALIGNED(_ZnwmSt11align_val_t, WIRE_NEW, "_ZnwmSt11align_val_t")
NEW_ALIGNED(_ZnamSt11align_val_t, WIRE_NEW_ARRAY, "_ZnamSt11align_val_t")
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t, WIRE_NEW)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t, WIRE_NEW_ARRAY)
DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE_WITH(_ZdlPvm)
DELETE_WITH(_ZdaPvm)
DELETE_WITH(_ZdlPvRKSt9nothrow_t)
DELETE_WITH(_ZdaPvRKSt9nothrow_t)
DELETE_WITH(_ZdlPvSt11align_val_t)
DELETE_WITH(_ZdaPvSt11align_val_t)
DELETE_WITH_TWO(_ZdlPvmSt11align_val_t)
DELETE_WITH_TWO(_ZdaPvmSt11align_val_t)
DELETE_WITH_TWO(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE_WITH_TWO(_ZdaPvSt11align_val_tRKSt9nothrow_t)
