/* Mappings, and the records cut from them. */
#define _GNU_SOURCE
#include "preload/alloc/memory.h"

#include <sys/mman.h>

enum { CHUNK_BYTES = 256 * 1024 };

struct chunk {
        _Atomic size_t used; /* may run past the end */
        size_t bytes;
        char padding[CACHE_LINE - 2 * sizeof(size_t)];
        char memory[];
};

static _Atomic(struct chunk *) chunk_current;
static _Atomic size_t chunk_bytes;

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

void *memory_map(size_t bytes, size_t alignment)
{
        /* The kernel places mappings below each other, so after one that was aligned the next is too, if its size is a
         * multiple. The exact way also needs less of a limited address space. */
        void *start = bytes & (alignment - 1) ? NULL : map_exact(bytes, alignment);

        if (!start)
                start = map_trimmed(bytes, alignment);
        return start;
}

void memory_unmap(void *start, size_t bytes)
{
        /* Refused when the kernel would have to split a mapping and has too many of them: then at least the pages go.
         */
        if (munmap(start, bytes))
                madvise(start, bytes, MADV_DONTNEED);
}

void memory_offer(void *start, size_t bytes)
{
        struct chunk *offer = start, *current = atomic_load_explicit(&chunk_current, memory_order_acquire);

        if (current && atomic_load_explicit(&current->used, memory_order_relaxed) < current->bytes)
                return;
        offer->bytes = bytes - sizeof *offer;
        /* Release: pairs with memory_record, which reads the size. A failure means that somebody else has more. */
        atomic_compare_exchange_strong_explicit(&chunk_current, &current, offer, memory_order_release,
                                                memory_order_relaxed);
}

/* Puts a new chunk in the place of a used-up one, unless another thread has; false: no memory. */
static bool chunk_replace(struct chunk *current)
{
        struct chunk *fresh = map(CHUNK_BYTES);

        if (!fresh)
                return false;
        fresh->bytes = CHUNK_BYTES - sizeof *fresh;
        /* Release: as in memory_offer. */
        if (atomic_compare_exchange_strong_explicit(&chunk_current, &current, fresh, memory_order_release,
                                                    memory_order_relaxed))
                atomic_fetch_add_explicit(&chunk_bytes, CHUNK_BYTES, memory_order_relaxed);
        else
                memory_unmap(fresh, CHUNK_BYTES);
        return true;
}

void *memory_record(size_t bytes)
{
        struct chunk *current;

        bytes = (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
        do {
                /* Acquire: pairs with whoever put it there. Taking a part needs no order, since it is fresh. */
                current = atomic_load_explicit(&chunk_current, memory_order_acquire);
                if (current) {
                        size_t used = atomic_fetch_add_explicit(&current->used, bytes, memory_order_relaxed);

                        if (used + bytes <= current->bytes)
                                return current->memory + used;
                }
        } while (chunk_replace(current));
        return NULL;
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
