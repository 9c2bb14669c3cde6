/* The malloc family, with the edge semantics of glibc 2.36. Each function is a few lines: the fast path, or the way to
 * block.c with its own frame, from which the backtrace starts. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preload/alloc/governor.h"
#include "preload/block.h"
#include "preload/plain.h"
#include "preload/thread.h"
#include "preload/traced.h"

enum { PAGE_BYTES = 4096, ALIGNMENT_LEAST = 16 };

/* Not in every libc's headers, or no longer. */
void cfree(void *block);
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

static NOINLINE void *malloc_slow(size_t size)
{
        void *block =
                traced_is_quick() ? traced_alloc(size, WIRE_MALLOC, BLOCK_FRAME) : plain_alloc(size, ALIGNMENT_LEAST);

        if (LIKELY(block))
                return block_kept(block);
        return block_kept(block_new(size, ALIGNMENT_LEAST, WIRE_MALLOC, false, BLOCK_FRAME));
}

EXPORT void *malloc(size_t size)
{
        void *block = heap_alloc_fast(heap_current, size);

        if (UNLIKELY(!block))
                return malloc_slow(size);
        return block;
}

static NOINLINE void free_slow(void *block)
{
        if (block)
                block_free(block, &(struct free_call){.frame = BLOCK_FRAME});
        block_keep_frame();
}

static NOINLINE void free_plain(void *block)
{
        if (UNLIKELY(thread_sided || !plain_free(block)))
                free_slow(block);
}

static NOINLINE void free_medium(void *block)
{
        if (!traced_is_quick())
                free_plain(block);
        else if (block && UNLIKELY(!traced_free(block)))
                free_slow(block);
}

EXPORT void free(void *block)
{
        enum heap_free_status status = heap_free_fast(heap_current, block);

        if (LIKELY(status == HEAP_FREE_DONE))
                return;
        if (status == HEAP_FREE_EMPTIED)
                plain_emptied(block);
        else
                free_medium(block);
}

EXPORT void cfree(void *block)
{
        free(block);
}

static NOINLINE void free_sized_slow(void *block, size_t alignment, size_t size)
{
        bool done = false;

        if (traced_is_quick())
                done = !alignment && traced_delete(block, WIRE_ALLOC_KINDS, size);
        else if (LIKELY(!thread_sided && block))
                done = plain_free(block);
        if (LIKELY(done))
                return;
        if (block)
                block_free(block, &(struct free_call){BLOCK_FRAME, WIRE_CALL_FREE, true, size, alignment});
        block_keep_frame();
}

EXPORT void free_sized(void *block, size_t size)
{
        if (UNLIKELY(!plain_free_fast(block)))
                free_sized_slow(block, 0, size);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
        if (UNLIKELY(!plain_free_fast(block)))
                free_sized_slow(block, alignment, size);
}

static NOINLINE void *calloc_slow(size_t bytes)
{
        void *block;

        if (traced_is_quick()) {
                block = block_kept(traced_calloc(bytes, BLOCK_FRAME));
                if (LIKELY(block))
                        return block;
        } else if (LIKELY((block = plain_alloc(bytes, ALIGNMENT_LEAST)) != NULL)) {
                return memset(block, 0, bytes);
        }
        return block_kept(block_new(bytes, ALIGNMENT_LEAST, WIRE_CALLOC, true, BLOCK_FRAME));
}

EXPORT void *calloc(size_t count, size_t size)
{
        size_t bytes;
        void *block;

        if (__builtin_mul_overflow(count, size, &bytes)) {
                errno = ENOMEM;
                return NULL;
        }
        block = heap_alloc_fast(heap_current, bytes);
        if (UNLIKELY(!block))
                return calloc_slow(bytes);
        bytes = (bytes + 15) & ~(size_t)15;
        __asm__("" : "+r"(bytes)); /* libc's memset is faster than what the compiler makes of a small multiple */
        memset(block, 0, bytes);
        return block;
}

/* realloc and reallocarray. A size of 0 frees, as in glibc. */
static inline void *resize(void *block, size_t size, const uintptr_t *frame)
{
        if (!block) {
                block = heap_alloc_fast(heap_current, size);
                if (UNLIKELY(!block))
                        block = traced_is_quick() ? traced_alloc(size, WIRE_REALLOC, frame)
                                                  : plain_alloc(size, ALIGNMENT_LEAST);
                return LIKELY(block) ? block : block_new(size, ALIGNMENT_LEAST, WIRE_REALLOC, false, frame);
        }
        if (size == 0) {
                if (!plain_free_fast(block) &&
                    (traced_is_quick() ? !traced_free(block) : thread_sided || !plain_free(block)))
                        block_free(block, &(struct free_call){.frame = frame, .call = WIRE_CALL_REALLOC});
                return NULL;
        }

        void *resized = NULL;

        if (traced_is_quick())
                resized = traced_resize(block, size, frame);
        else if (!thread_sided)
                resized = plain_resize(block, size);
        if (LIKELY(resized))
                return resized;
        return block_resize(block, size, frame);
}

EXPORT void *realloc(void *block, size_t size)
{
        return block_kept(resize(block, size, BLOCK_FRAME));
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
        size_t bytes;

        if (__builtin_mul_overflow(count, size, &bytes)) {
                errno = ENOMEM;
                return NULL;
        }
        return block_kept(resize(block, bytes, BLOCK_FRAME));
}

/* glibc rounds an alignment that is no power of two up to one. */
static inline void *aligned(size_t alignment, size_t size, const uintptr_t *frame)
{
        if (alignment > SIZE_MAX / 2 + 1) {
                errno = EINVAL;
                return NULL;
        }
        if (alignment < ALIGNMENT_LEAST)
                alignment = ALIGNMENT_LEAST;
        else if (UNLIKELY(alignment & (alignment - 1)))
                alignment = (size_t)2 << (63 - __builtin_clzll(alignment));

        void *block = plain_alloc_aligned(size, alignment);

        if (LIKELY(block))
                return block;
        block = plain_alloc(size, alignment);
        return LIKELY(block) ? block : block_new(size, alignment, WIRE_ALIGNED, false, frame);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
        return block_kept(aligned(alignment, size, BLOCK_FRAME));
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
        return block_kept(aligned(alignment, size, BLOCK_FRAME));
}

EXPORT void *valloc(size_t size)
{
        return block_kept(aligned(PAGE_BYTES, size, BLOCK_FRAME));
}

EXPORT void *pvalloc(size_t size)
{
        size_t bytes;

        if (__builtin_add_overflow(size, PAGE_BYTES - 1, &bytes)) {
                errno = ENOMEM;
                return NULL;
        }
        return block_kept(aligned(PAGE_BYTES, bytes & ~(size_t)(PAGE_BYTES - 1), BLOCK_FRAME));
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
        void *block;

        if (alignment < sizeof(void *) || (alignment & (alignment - 1)))
                return EINVAL;
        block = aligned(alignment, size, BLOCK_FRAME);
        if (!block)
                return ENOMEM; /* and glibc leaves errno at that too */
        *ret_block = block;
        return 0;
}

EXPORT size_t malloc_usable_size(void *block)
{
        size_t usable = traced_is_quick() ? traced_usable(block) : plain_usable(block);

        return LIKELY(usable) || !block ? usable : block_usable(block);
}

/* --- glibc's own names for the same ------------------------------------------------------------------------------ */

#define ALIAS(name, of) extern __typeof(of) name __attribute__((alias(#of), visibility("default"), copy(of)))

/* For lifecycle.c, which asks whether the program's malloc is this one. */
extern __typeof(malloc) malloc_of_ours __attribute__((alias("malloc"), visibility("hidden"), copy(malloc)));

ALIAS(__libc_malloc, malloc);
ALIAS(__libc_free, free);
ALIAS(__libc_cfree, cfree);
ALIAS(__libc_calloc, calloc);
ALIAS(__libc_realloc, realloc);
ALIAS(__libc_memalign, memalign);
ALIAS(__libc_valloc, valloc);
ALIAS(__libc_pvalloc, pvalloc);
ALIAS(__posix_memalign, posix_memalign);

/* --- asking about the pools -------------------------------------------------------------------------------------- */

EXPORT int malloc_trim(size_t pad)
{
        int errno_before = errno;
        struct thread *thread = thread_enter();
        bool released = false;

        (void)pad;
        if (thread) {
                released = heaps_trim(thread->heap) > 0;
                thread_leave(thread);
        }
        errno = errno_before;
        return released;
}

EXPORT int mallopt(int parameter, int value)
{
        (void)value;
        if (parameter == GOVERNOR_MALLOPT_RESTORE)
                governor_restore();
        return 1; /* nothing else of ours to tune, and programs take 0 for an error */
}

EXPORT struct mallinfo2 mallinfo2(void)
{
        struct mallinfo2 info = {0};
        struct heap_usage usage;

        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                info.uordblks += usage.pool[i].bytes_used;
        info.hblks = usage.pool[HEAP_POOLS - 1].slabs;
        info.hblkhd = usage.pool[HEAP_POOLS - 1].slab_bytes;
        info.arena = usage.mapped_bytes - info.hblkhd;
        info.uordblks -= usage.pool[HEAP_POOLS - 1].bytes_used;
        info.fordblks = info.arena > info.uordblks ? info.arena - info.uordblks : 0;
        info.keepcost = usage.free_bytes;
        return info;
}

EXPORT struct mallinfo mallinfo(void)
{
        struct mallinfo2 wide = mallinfo2();

        return (struct mallinfo){
                .arena = (int)wide.arena,
                .hblks = (int)wide.hblks,
                .hblkhd = (int)wide.hblkhd,
                .uordblks = (int)wide.uordblks,
                .fordblks = (int)wide.fordblks,
                .keepcost = (int)wide.keepcost,
        };
}

EXPORT int malloc_info(int options, FILE *file)
{
        struct heap_usage usage;

        if (options != 0) {
                errno = EINVAL;
                return -1;
        }
        heaps_usage(&usage);
        fprintf(file, "<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n");
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                if (usage.pool[i].slabs)
                        fprintf(file, "<size from=\"%zu\" to=\"%zu\" total=\"%zu\" count=\"%zu\"/>\n",
                                usage.pool[i].block_bytes, usage.pool[i].block_bytes, usage.pool[i].bytes_used,
                                usage.pool[i].blocks_used);
        fprintf(file,
                "</sizes>\n<system type=\"current\" size=\"%zu\"/>\n<aspace type=\"total\" size=\"%zu\"/>\n"
                "</heap>\n</malloc>\n",
                usage.mapped_bytes, usage.mapped_bytes);
        return 0;
}

EXPORT void malloc_stats(void)
{
        struct heap_usage usage;
        size_t used = 0;

        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                used += usage.pool[i].bytes_used;
        fprintf(stderr, "system bytes     = %10zu\nin use bytes     = %10zu\n", usage.mapped_bytes, used);
}
