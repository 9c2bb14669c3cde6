/* Mappings, and the records cut from them. */
#define _GNU_SOURCE
#include "preload/alloc/memory.h"

#include <errno.h>
#include <sys/mman.h>

enum {
        FRESH_SHIFT = 48,
        FRESH_BYTES_MAX = CACHE_LINE << 15,
};

/* The memory that the next records are cut from, in one word, so that it changes as a whole: where it begins, and from
 * FRESH_SHIFT on how much it is, both in cache lines. No address comes twice, so a compare-and-swap cannot be fooled.
 */
static _Atomic uint64_t fresh;
static _Atomic size_t chunk_bytes;

_Atomic size_t memory_retained;
static _Atomic bool purge_off;

void (*memory_growing)(size_t bytes);

/* Stands at the start of each chunk. */
struct chunk {
        struct chunk *next;
};
static _Atomic(struct chunk *) chunks;

static void *map(size_t bytes)
{
        /* No hint where: programs that map at fixed places count on ours being where the kernel likes it. */
        void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return start == MAP_FAILED ? NULL : start;
}

static void *map_exact(size_t bytes, size_t alignment)
{
        void *start = map(bytes);

        if (start && (uintptr_t)start & (alignment - 1)) {
                memory_unmap(start, bytes);
                start = NULL;
        }
        return start;
}

static void *map_trimmed(size_t bytes, size_t alignment)
{
        size_t more = alignment - PAGE_GRAIN;
        char *start = bytes > PTRDIFF_MAX - more ? NULL : map(bytes + more);

        if (!start)
                return NULL;

        size_t before = -(uintptr_t)start & (alignment - 1);

        if (before)
                memory_unmap(start, before);
        if (more - before)
                memory_unmap(start + before + bytes, more - before);
        return start + before;
}

enum memory_status memory_map_at(void *start, size_t bytes)
{
        void *mapped =
                mmap(start, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        if (mapped == start)
                return MEMORY_MAPPED;
        if (mapped == MAP_FAILED)
                return errno == EEXIST ? MEMORY_TAKEN : MEMORY_NONE;
        munmap(mapped, bytes); /* kernels before 4.17 take the address for a hint */
        return MEMORY_TAKEN;
}

/* Where the kernel would put it, moved down to the alignment. */
static void *map_below(size_t bytes, size_t alignment)
{
        void *start = map(bytes);
        uintptr_t aligned = (uintptr_t)start & ~(uintptr_t)(alignment - 1);

        if (!start)
                return NULL;
        munmap(start, bytes);
        return aligned && memory_map_at((void *)aligned, bytes) == MEMORY_MAPPED ? (void *)aligned : NULL;
}

void *memory_map(size_t bytes, size_t alignment)
{
        if (memory_growing)
                memory_growing(bytes);

        /* The kernel places mappings below each other, so after one that was aligned the next is too, if its size is a
         * multiple. The exact way also needs less of a limited address space. */
        void *start = bytes & (alignment - 1) ? NULL : map_exact(bytes, alignment);

        if (!start)
                start = map_trimmed(bytes, alignment);
        if (!start) /* also exact, but by a guess */
                start = map_below(bytes, alignment);
        return start;
}

bool memory_unmap(void *start, size_t bytes)
{
        /* Refused when the kernel would have to split a mapping and has too many of them: then at least the pages go.
         */
        if (!munmap(start, bytes))
                return true;
        madvise(start, bytes, MADV_DONTNEED);
        return false;
}

bool memory_can_purge(void)
{
        return !atomic_load_explicit(&purge_off, memory_order_relaxed);
}

void memory_purge_never(void)
{
        atomic_store_explicit(&purge_off, true, memory_order_relaxed);
}

bool memory_purge(void *start, size_t bytes)
{
        bool purged = memory_can_purge() && madvise(start, bytes, MADV_DONTNEED) == 0;

        if (!purged)
                memory_purge_never();
        return purged;
}

void *memory_record(size_t bytes)
{
        uint64_t lines = (bytes + CACHE_LINE - 1) / CACHE_LINE;
        uint64_t word = atomic_load_explicit(&fresh, memory_order_relaxed);

        do
                if (word >> FRESH_SHIFT < lines)
                        return NULL;
        /* Acquire: pairs with memory_offer, so that the memory is seen zeroed. */
        while (!atomic_compare_exchange_weak_explicit(&fresh, &word, word + lines - (lines << FRESH_SHIFT),
                                                      memory_order_acquire, memory_order_relaxed));
        return (void *)((word & ((1ull << FRESH_SHIFT) - 1)) * CACHE_LINE);
}

bool memory_offer(void *start, size_t bytes)
{
        uint64_t lines = (bytes < FRESH_BYTES_MAX ? bytes : FRESH_BYTES_MAX) / CACHE_LINE;
        uint64_t offered = (uintptr_t)start / CACHE_LINE | lines << FRESH_SHIFT;
        uint64_t word = atomic_load_explicit(&fresh, memory_order_relaxed);

        do
                if (word >> FRESH_SHIFT >= lines)
                        return false;
        /* Release: pairs with memory_record. */
        while (!atomic_compare_exchange_weak_explicit(&fresh, &word, offered, memory_order_release,
                                                      memory_order_relaxed));
        return true;
}

bool memory_grow(void)
{
        char *start = map(MEMORY_CHUNK_BYTES);
        struct chunk *chunk = (struct chunk *)start;

        if (!start)
                return false;
        if (!memory_offer(start + CACHE_LINE, MEMORY_CHUNK_BYTES - CACHE_LINE)) {
                memory_unmap(start, MEMORY_CHUNK_BYTES);
                return true;
        }
        atomic_fetch_add_explicit(&chunk_bytes, MEMORY_CHUNK_BYTES, memory_order_relaxed);
        chunk->next = atomic_load_explicit(&chunks, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(&chunks, &chunk->next, chunk, memory_order_release,
                                                      memory_order_relaxed))
                ;
        return true;
}

void *memory_chunk_after(void *chunk)
{
        /* Acquire: pairs with memory_grow. */
        return chunk ? ((struct chunk *)chunk)->next : atomic_load_explicit(&chunks, memory_order_acquire);
}

size_t memory_record_bytes(void)
{
        return atomic_load_explicit(&chunk_bytes, memory_order_relaxed);
}

void spare_push(struct spare *_Atomic *stack, struct spare *spare)
{
        struct spare *top = atomic_load_explicit(stack, memory_order_relaxed);

        do /* Release: who walks our records may still read this one, and shall then see that it has changed hands. */
                atomic_store_explicit(&spare->next, top, memory_order_release);
        while (!atomic_compare_exchange_weak_explicit(stack, &top, spare, memory_order_release, memory_order_relaxed));
}

struct spare *spare_take(struct spare *_Atomic *stack)
{
        if (!atomic_load_explicit(stack, memory_order_relaxed))
                return NULL;

        /* Acquire: pairs with spare_push. All are taken, one is kept and the rest put back: a pop of one alone could
         * install a next that has gone meanwhile. */
        struct spare *taken = atomic_exchange_explicit(stack, NULL, memory_order_acquire), *none = NULL;

        if (!taken)
                return NULL;

        struct spare *rest = atomic_load_explicit(&taken->next, memory_order_relaxed);

        if (rest &&
            !atomic_compare_exchange_strong_explicit(stack, &none, rest, memory_order_release, memory_order_relaxed))
                while (rest) { /* others were pushed in the meantime */
                        struct spare *next = atomic_load_explicit(&rest->next, memory_order_relaxed);

                        spare_push(stack, rest);
                        rest = next;
                }
        return taken;
}
