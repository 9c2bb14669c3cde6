/* The C++ operators new and delete, in C under their mangled names (Itanium C++ ABI, 64-bit).
 *
 * When there is no memory, the C++ runtime's own operator is called: it tries again through malloc, and calls the new
 * handler or throws, neither of which C can do. When the program brings its own malloc, everything goes to that. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

#include "preload/block.h"
#include "preload/lifecycle.h"
#include "preload/thread.h"

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

static COLD void *new_slow(size_t size, enum wire_alloc_kind kind, const char *name, const uintptr_t *frame)
{
        void *block = lifecycle_is_passive() ? malloc(size) : block_new(size, 16, kind, false, frame);

        if (block || !name)
                return block;
        return runtime_new(name, size);
}

static COLD void *new_slow_aligned(size_t size, size_t alignment, enum wire_alloc_kind kind, const char *name,
                                   const uintptr_t *frame)
{
        void *block = NULL;

        if (!lifecycle_is_passive())
                block = block_new(size, alignment < 16 ? 16 : alignment, kind, false, frame);
        else if (posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) != 0)
                block = NULL;
        if (block || !name)
                return block;
        return runtime_new_aligned(name, size, alignment);
}

static inline void delete_any(void *block)
{
        if (LIKELY(heap_free_fast(heap_current, block)))
                return;
        free(block);
}

#define NEW(symbol, kind, name)                                                                                        \
        void *symbol(size_t size);                                                                                     \
        EXPORT void *symbol(size_t size)                                                                               \
        {                                                                                                              \
                void *block = heap_alloc_fast(heap_current, size);                                                     \
                                                                                                                       \
                if (LIKELY(block))                                                                                     \
                        return block;                                                                                  \
                return block_kept(new_slow(size, kind, name, BLOCK_FRAME));                                            \
        }
#define NEW_NOTHROW(symbol, kind)                                                                                      \
        void *symbol(size_t size, const void *tag);                                                                    \
        EXPORT void *symbol(size_t size, const void *tag)                                                              \
        {                                                                                                              \
                void *block = heap_alloc_fast(heap_current, size);                                                     \
                                                                                                                       \
                (void)tag;                                                                                             \
                if (LIKELY(block))                                                                                     \
                        return block;                                                                                  \
                return block_kept(new_slow(size, kind, NULL, BLOCK_FRAME));                                            \
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
