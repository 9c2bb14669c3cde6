/* Huge blocks, and the map from addresses to them. */
#define _GNU_SOURCE
#include "preload/alloc/huge.h"

#include <sys/mman.h>

#include "preload/alloc/history.h"
#include "preload/alloc/large.h"

enum {
        LEAF_SHIFT = 12,
        LEAF_GRANULES = 1 << LEAF_SHIFT, /* a leaf covers 16 GiB of address space */
        ROOTS = 1 << (PLATFORM_ADDRESS_BITS - SEGMENT_SHIFT - LEAF_SHIFT),
        IDLE_MAPPINGS = HUGE_IDLE_MAX,
        IDLE_BYTES_MAX = 64 << 20, /* of all of them */
        GROW_BYTES_MAX = 16 << 20, /* what a growing block gets at most beyond what it asks for */
};

struct leaf {
        _Atomic(struct huge *) huge[LEAF_GRANULES];
};

static _Atomic(struct leaf *) roots[ROOTS];
static _Atomic(struct huge *) records;
static struct spare *_Atomic records_spare;

/* Programs that make and free the same big buffer in a loop would spend their time on page faults. So the latest
 * mappings that were freed wait here, a few and not too big ones; whoever takes one out of its place owns it. */
static _Atomic(struct huge *) idle[IDLE_MAPPINGS];
static _Atomic size_t idle_bytes;
static _Atomic unsigned idle_next;

static struct leaf *leaf_of(uintptr_t address)
{
        /* Acquire: pairs with leaf_make, so that a new leaf is seen empty. */
        return atomic_load_explicit(&roots[address >> (SEGMENT_SHIFT + LEAF_SHIFT)], memory_order_acquire);
}

static bool leaf_make(uintptr_t address)
{
        struct leaf *none = NULL, *leaf = leaf_of(address) ? NULL : segment_record(sizeof *leaf);

        if (leaf) /* release: see leaf_of. If another came first, ours is lost; that happens once for each leaf at worst
                   */
                atomic_compare_exchange_strong_explicit(&roots[address >> (SEGMENT_SHIFT + LEAF_SHIFT)], &none, leaf,
                                                        memory_order_release, memory_order_relaxed);
        return leaf_of(address);
}

static bool leaves_make(uintptr_t start, size_t bytes)
{
        const uintptr_t step = (uintptr_t)1 << (SEGMENT_SHIFT + LEAF_SHIFT);

        for (uintptr_t at = start & ~(step - 1); at < start + bytes; at += step)
                if (!leaf_make(at))
                        return false;
        return true;
}

/* The leaves are there. Nobody else writes these places: the addresses are ours until they are unmapped, and before
 * that the places are cleared. */
static void map_set(uintptr_t start, size_t bytes, struct huge *huge)
{
        for (uintptr_t at = start & ~(uintptr_t)(SEGMENT_BYTES - 1); at < start + bytes; at += SEGMENT_BYTES)
                atomic_store_explicit(&leaf_of(at)->huge[at >> SEGMENT_SHIFT & (LEAF_GRANULES - 1)], huge,
                                      memory_order_release);
}

/* The granules behind the first `bytes_kept`, which keep their last one if it is begun. */
static void map_set_tail(uintptr_t start, size_t bytes_kept, size_t bytes, struct huge *huge)
{
        size_t granules_kept = (bytes_kept + SEGMENT_BYTES - 1) & ~(size_t)(SEGMENT_BYTES - 1);

        if (bytes > granules_kept)
                map_set(start + granules_kept, bytes - granules_kept, huge);
}

static struct huge *record_create(void)
{
        struct huge *huge = (struct huge *)spare_take(&records_spare);

        if (huge || !(huge = segment_record(sizeof *huge)))
                return huge;
        huge->next = atomic_load_explicit(&records, memory_order_relaxed);
        /* Release: pairs with huge_first. */
        while (!atomic_compare_exchange_weak_explicit(&records, &huge->next, huge, memory_order_release,
                                                      memory_order_relaxed))
                ;
        return huge;
}

static size_t mapped_for(size_t usable)
{
        return (usable + PAGE_GRAIN - 1) & ~(size_t)(PAGE_GRAIN - 1);
}

static size_t mapped_of(const struct huge *huge)
{
        return atomic_load_explicit(&huge->mapped, memory_order_relaxed);
}

/* Takes the mapping out of a place, if it is still the one that was seen there. */
static bool idle_take(unsigned place, struct huge *seen)
{
        /* Acquire: pairs with idle_put. */
        if (!seen || !atomic_compare_exchange_strong_explicit(&idle[place], &seen, NULL, memory_order_acquire,
                                                              memory_order_relaxed))
                return false;
        atomic_fetch_sub_explicit(&idle_bytes, mapped_of(seen), memory_order_relaxed);
        memory_unretain(mapped_of(seen));
        return true;
}

static void idle_unmap(struct huge *huge)
{
        memory_unmap((void *)huge->idle_start, mapped_of(huge));
        spare_push(&records_spare, &huge->spare);
}

static size_t idle_evict(unsigned place)
{
        struct huge *huge = atomic_load_explicit(&idle[place], memory_order_relaxed);
        size_t bytes = 0;

        if (idle_take(place, huge)) {
                bytes = mapped_of(huge);
                idle_unmap(huge);
        }
        return bytes;
}

/* One that is empty, or else the next in turn. */
static unsigned idle_place(void)
{
        for (unsigned place = 0; place < IDLE_MAPPINGS; place++)
                if (!atomic_load_explicit(&idle[place], memory_order_relaxed))
                        return place;
        return atomic_fetch_add_explicit(&idle_next, 1, memory_order_relaxed) % IDLE_MAPPINGS;
}

static void idle_put(struct huge *huge)
{
        unsigned place = idle_place();
        struct huge *none = NULL;
        size_t bytes = mapped_of(huge);

        if (bytes > IDLE_BYTES_MAX / 2) {
                idle_unmap(huge);
                return;
        }
        idle_evict(place);
        for (unsigned i = 1;
             i < IDLE_MAPPINGS && atomic_load_explicit(&idle_bytes, memory_order_relaxed) + bytes > IDLE_BYTES_MAX; i++)
                idle_evict((place + i) % IDLE_MAPPINGS);
        atomic_store_explicit(&huge->aged, false, memory_order_relaxed);
        /* Before the mapping can be seen, so that nobody subtracts what is not there yet. */
        atomic_fetch_add_explicit(&idle_bytes, bytes, memory_order_relaxed);
        memory_retain(bytes);
        /* Release: who takes it sees its fields. */
        if (!atomic_compare_exchange_strong_explicit(&idle[place], &none, huge, memory_order_release,
                                                     memory_order_relaxed)) {
                atomic_fetch_sub_explicit(&idle_bytes, bytes, memory_order_relaxed);
                memory_unretain(bytes);
                idle_unmap(huge);
        }
}

static size_t granules(size_t bytes)
{
        return (bytes + SEGMENT_BYTES - 1) >> SEGMENT_SHIFT;
}

/* How well an idle mapping suits: what is left over, or what is missing up to a granule that it has begun; both go
 * without touching the pages that are there. SIZE_MAX: not at all. */
static size_t idle_misfit(const struct huge *huge, size_t mapped, size_t alignment)
{
        size_t bytes = huge ? mapped_of(huge) : 0;

        if (!bytes || huge->idle_start & (alignment - 1))
                return SIZE_MAX;
        if (bytes >= mapped)
                return bytes - mapped <= mapped / 2 ? bytes - mapped : SIZE_MAX;
        return granules(bytes) == granules(mapped) ? mapped - bytes : SIZE_MAX;
}

static bool idle_fit(struct huge *huge, size_t mapped)
{
        size_t bytes = mapped_of(huge);

        if (bytes >= mapped)
                return true;
        if (mremap((void *)huge->idle_start, bytes, mapped, 0) == MAP_FAILED)
                return false;
        atomic_store_explicit(&huge->mapped, mapped, memory_order_relaxed);
        return true;
}

/* An idle mapping made to hold at least some bytes, or NULL. */
static struct huge *idle_find(size_t mapped, size_t alignment)
{
        unsigned best = IDLE_MAPPINGS;
        size_t misfit_best = SIZE_MAX;

        for (unsigned place = 0; place < IDLE_MAPPINGS; place++) {
                size_t misfit =
                        idle_misfit(atomic_load_explicit(&idle[place], memory_order_relaxed), mapped, alignment);

                if (misfit < misfit_best) {
                        misfit_best = misfit;
                        best = place;
                }
        }
        if (best == IDLE_MAPPINGS)
                return NULL;

        struct huge *huge = atomic_load_explicit(&idle[best], memory_order_relaxed);

        if (!idle_take(best, huge))
                return NULL;
        /* Looked at again: it may have been another use of the same record. */
        if (idle_misfit(huge, mapped, alignment) != SIZE_MAX && idle_fit(huge, mapped))
                return huge;
        idle_unmap(huge);
        return NULL;
}

/* Mappings that idled for too long and were unmapped, and when that was: who maps as much anew within a second had
 * better found them. */
static _Atomic size_t trimmed_bytes;
static _Atomic uint32_t trimmed_ms;

static void note_trimmed(size_t bytes)
{
        if (!bytes)
                return;
        atomic_store_explicit(&trimmed_bytes, bytes, memory_order_relaxed);
        atomic_store_explicit(&trimmed_ms, history_clock_ms(), memory_order_relaxed);
}

static void note_again(size_t mapped)
{
        size_t bytes = atomic_load_explicit(&trimmed_bytes, memory_order_relaxed);

        if (!bytes || !(bytes = atomic_exchange_explicit(&trimmed_bytes, 0, memory_order_relaxed)))
                return;
        if (history_clock_ms() - atomic_load_explicit(&trimmed_ms, memory_order_relaxed) > HISTORY_REFAULT_MS)
                return;
        history_refaulted(bytes < mapped ? bytes : mapped);
        if (bytes > mapped)
                atomic_store_explicit(&trimmed_bytes, bytes - mapped, memory_order_relaxed);
}

size_t huge_trim(void)
{
        size_t bytes = 0;

        for (unsigned place = 0; place < IDLE_MAPPINGS; place++)
                bytes += idle_evict(place);
        note_trimmed(bytes);
        return bytes;
}

size_t huge_trim_aged(size_t bytes_keep)
{
        size_t bytes = 0;

        for (unsigned place = 0; place < IDLE_MAPPINGS; place++) {
                /* Acquire: pairs with idle_put. The record outlives its use, so the look is safe whatever it finds. */
                struct huge *huge = atomic_load_explicit(&idle[place], memory_order_acquire);

                if (!huge)
                        continue;
                if (!atomic_exchange_explicit(&huge->aged, true, memory_order_relaxed))
                        continue;
                if (memory_retained_bytes() > bytes_keep)
                        bytes += idle_evict(place);
        }
        note_trimmed(bytes);
        return bytes;
}

size_t huge_idle_bytes(void)
{
        return atomic_load_explicit(&idle_bytes, memory_order_relaxed);
}

bool huge_make_way(void)
{
        uint64_t began_ns = history_clock_ns();
        size_t bytes = huge_trim();

        if (bytes)
                history_purged(HISTORY_EXHAUSTED, bytes, began_ns, history_clock_ns());
        return bytes;
}

/* When there is no address space, what is mapped and not in use goes for it. */
static void *map_aligned(size_t mapped, size_t alignment)
{
        void *start = memory_map(mapped, alignment);

        if (!start && huge_make_way())
                start = memory_map(mapped, alignment);
        if (!start && segment_hollow())
                start = memory_map(mapped, alignment);
        return start;
}

/* A record with a mapping at idle_start that can be entered into the map. */
static struct huge *map_fresh(size_t mapped, size_t alignment)
{
        struct huge *huge = record_create();
        void *start;

        if (!huge)
                return NULL;
        start = map_aligned(mapped, alignment);
        if (start && !leaves_make((uintptr_t)start, mapped)) {
                memory_unmap(start, mapped);
                start = NULL;
        }
        if (!start) {
                spare_push(&records_spare, &huge->spare);
                return NULL;
        }
        note_again(mapped);
        huge->idle_start = (uintptr_t)start;
        atomic_store_explicit(&huge->mapped, mapped, memory_order_relaxed);
        return huge;
}

struct huge *huge_create(size_t bytes, size_t alignment, bool sided)
{
        size_t usable = large_usable(bytes), mapped = mapped_for(usable);

        if (alignment < SEGMENT_BYTES)
                alignment = SEGMENT_BYTES;

        struct huge *huge = idle_find(mapped, alignment);
        bool zeroed = !huge;

        if (!huge && !(huge = map_fresh(mapped, alignment)))
                return NULL;
        huge->zeroed = zeroed;
        atomic_store_explicit(&huge->record, 0, memory_order_relaxed);
        atomic_store_explicit(&huge->sided, sided, memory_order_relaxed);
        atomic_store_explicit(&huge->usable, usable, memory_order_relaxed);
        /* Release: who walks the records sees the fields of this use. */
        atomic_store_explicit(&huge->start, huge->idle_start, memory_order_release);
        map_set(huge->idle_start, mapped_of(huge), huge);
        return huge;
}

void huge_side(struct huge *huge, bool sided)
{
        if (sided == atomic_load_explicit(&huge->sided, memory_order_relaxed))
                return;
        atomic_store_explicit(&huge->record, 0, memory_order_relaxed);
        /* Release: who finds the record does not find what an earlier one has left there. */
        atomic_store_explicit(&huge->sided, sided, memory_order_release);
}

void huge_destroy(struct huge *huge)
{
        uintptr_t start = atomic_load_explicit(&huge->start, memory_order_relaxed);

        /* Before the unmapping: after it the addresses may at once be another's. */
        map_set(start, mapped_of(huge), NULL);
        huge->idle_start = start;
        atomic_store_explicit(&huge->start, 0, memory_order_relaxed);
        idle_put(huge);
}

struct huge *huge_find(uintptr_t address)
{
        if (address >> PLATFORM_ADDRESS_BITS)
                return NULL;

        struct leaf *leaf = leaf_of(address);
        /* Acquire: pairs with map_set, so that the record is seen filled in. */
        struct huge *huge = !leaf ? NULL
                                  : atomic_load_explicit(&leaf->huge[address >> SEGMENT_SHIFT & (LEAF_GRANULES - 1)],
                                                         memory_order_acquire);

        /* The last granule may hold other mappings behind the block's end. */
        if (huge && address - atomic_load_explicit(&huge->start, memory_order_relaxed) >= mapped_of(huge))
                huge = NULL;
        return huge;
}

static bool resize_in_place(struct huge *huge, uintptr_t start, size_t mapped_before, size_t mapped)
{
        if (mapped < mapped_before)
                map_set_tail(start, mapped, mapped_before, NULL);
        if (mremap((void *)start, mapped_before, mapped, 0) == MAP_FAILED) {
                if (mapped < mapped_before)
                        map_set_tail(start, mapped, mapped_before, huge);
                return false;
        }
        if (mapped > mapped_before &&
            !leaves_make(start, mapped)) { /* no memory for the map: back, which cannot fail */
                mremap((void *)start, mapped, mapped_before, 0);
                return false;
        }
        atomic_store_explicit(&huge->mapped, mapped, memory_order_relaxed);
        map_set(start, mapped, huge);
        return true;
}

static bool resize_moving(struct huge *huge, uintptr_t start, size_t mapped_before, size_t mapped)
{
        void *target = map_aligned(mapped, SEGMENT_BYTES);

        if (!target)
                return false;
        map_set(start, mapped_before, NULL); /* before the old addresses are free for others */
        if (!leaves_make((uintptr_t)target, mapped) ||
            mremap((void *)start, mapped_before, mapped, MREMAP_MAYMOVE | MREMAP_FIXED, target) == MAP_FAILED) {
                map_set(start, mapped_before, huge);
                memory_unmap(target, mapped);
                return false;
        }
        atomic_store_explicit(&huge->mapped, mapped, memory_order_relaxed);
        atomic_store_explicit(&huge->start, (uintptr_t)target, memory_order_release);
        map_set((uintptr_t)target, mapped, huge);
        return true;
}

/* A buffer that has grown once will grow again: it gets an eighth more, which stays untouched until it is used. */
static bool grow(struct huge *huge, uintptr_t start, size_t mapped_before, size_t mapped)
{
        size_t more = mapped / 8 < GROW_BYTES_MAX ? mapped / 8 & ~(size_t)(PAGE_GRAIN - 1) : GROW_BYTES_MAX;

        if (memory_growing)
                memory_growing(mapped - mapped_before);
        return resize_in_place(huge, start, mapped_before, mapped + more) ||
               resize_in_place(huge, start, mapped_before, mapped) ||
               resize_moving(huge, start, mapped_before, mapped + more) ||
               resize_moving(huge, start, mapped_before, mapped);
}

bool huge_resize(struct huge *huge, size_t bytes)
{
        uintptr_t start = atomic_load_explicit(&huge->start, memory_order_relaxed);
        size_t mapped_before = mapped_of(huge), mapped = large_usable(bytes);

        if (bytes <= LARGE_BYTES_MAX || mapped > PTRDIFF_MAX - GROW_BYTES_MAX)
                return false;
        if (mapped > mapped_before && !grow(huge, start, mapped_before, mapped))
                return false;
        if (mapped < mapped_before - mapped_before / 4 && !resize_in_place(huge, start, mapped_before, mapped))
                return false;
        atomic_store_explicit(&huge->usable, mapped, memory_order_relaxed);
        return true;
}

__attribute__((no_sanitize("thread"))) uintptr_t huge_gone_from(const struct huge *huge)
{
        return atomic_load_explicit(&huge->start, memory_order_relaxed) ? 0 : huge->idle_start;
}

struct huge *huge_idle_at(unsigned place)
{
        /* Acquire: pairs with idle_put. */
        return atomic_load_explicit(&idle[place], memory_order_acquire);
}

size_t huge_mapped_bytes(const struct huge *huge)
{
        return mapped_of(huge);
}

struct huge *huge_first(void)
{
        /* Acquire: pairs with record_create. */
        return atomic_load_explicit(&records, memory_order_acquire);
}
