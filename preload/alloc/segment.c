/* Segments, the directory of their free slices, and the memory for our own records. */
#define _GNU_SOURCE
#include "preload/alloc/segment.h"

#include <sys/mman.h>

enum {
        DIRECTORY_SEGMENTS = 256,
        RECORDS_BYTES = 128 * SEGMENT_SLICES, /* of slice 0, for the slabs; the rest of it is for metadata */
        METADATA_BYTES = 256 * 1024,
        PURGE_SLICES_MIN = (32 << 20) / SLICE_BYTES, /* small programs in sandboxes shall never call madvise */
};

/* The masks of many segments side by side, so that a search reads a few cache lines instead of one for each segment. */
struct directory {
        _Atomic uint64_t free[DIRECTORY_SEGMENTS];  /* bit set: the slice may be claimed */
        _Atomic uint64_t dirty[DIRECTORY_SEGMENTS]; /* bit set: the slice may hold other bytes than zeros */
        _Atomic(struct segment *) segment[DIRECTORY_SEGMENTS];
        _Atomic size_t count;     /* places given out; may run past the end */
        _Atomic long free_slices; /* a hint that lags a little: nothing to find here when it is small */
        _Atomic(struct directory *) next;
};

struct segment {
        uintptr_t owner; /* always 0: the fast path of free reads this place as if it were a slab's */
        struct directory *directory;
        size_t index;
};

struct metadata {
        _Atomic size_t used; /* may run past the end */
        size_t bytes;
        char padding[CACHE_LINE - 2 * sizeof(size_t)];
        char memory[];
};

_Atomic uint64_t segment_map[1 << (PLATFORM_ADDRESS_BITS - SEGMENT_SHIFT - 6)];

static struct directory directory_first;
static _Atomic(struct metadata *) metadata_current;
static _Atomic size_t metadata_mapped;
static _Atomic long dirty_slices; /* free and dirty, in all segments */
static _Atomic size_t segments;
static _Atomic bool purge_off;

static void *map(size_t bytes)
{
        void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return start == MAP_FAILED ? NULL : start;
}

static void *map_aligned(size_t bytes, size_t alignment)
{
        char *start = map(bytes);

        /* The kernel likes to place mappings below each other, so this is the common case. */
        if (!start || !((uintptr_t)start & (alignment - 1)))
                return start;
        munmap(start, bytes);

        size_t more = alignment - PAGE_GRAIN;

        if (bytes > PTRDIFF_MAX - more || !(start = map(bytes + more)))
                return NULL;

        size_t before = -(uintptr_t)start & (alignment - 1);

        if (before)
                munmap(start, before);
        if (more - before)
                munmap(start + before + bytes, more - before);
        return start + before;
}

void *segment_map_aligned(size_t bytes, size_t alignment)
{
        void *start = map_aligned(bytes, alignment);

        if (!start && segment_purge(0))
                start = map_aligned(bytes, alignment);
        return start;
}

static struct directory *directory_after(struct directory *directory)
{
        /* Acquire: pairs with directory_append, so that the new one is seen zeroed. */
        return atomic_load_explicit(&directory->next, memory_order_acquire);
}

static struct directory *directory_append(struct directory *last)
{
        struct directory *next = directory_after(last);

        if (next || !(next = segment_metadata(sizeof *next)))
                return next;

        struct directory *other = NULL;

        /* Who comes second uses the first one's; its own is lost, which happens once in a GiB at worst. */
        if (!atomic_compare_exchange_strong_explicit(&last->next, &other, next, memory_order_acq_rel,
                                                     memory_order_acquire))
                next = other;
        return next;
}

static bool directory_enter(struct segment *segment)
{
        struct directory *directory = &directory_first;

        for (; directory; directory = directory_append(directory)) {
                if (atomic_load_explicit(&directory->count, memory_order_relaxed) >= DIRECTORY_SEGMENTS)
                        continue;
                segment->index = atomic_fetch_add_explicit(&directory->count, 1, memory_order_relaxed);
                if (segment->index < DIRECTORY_SEGMENTS)
                        break;
        }
        if (!directory)
                return false;
        segment->directory = directory;
        /* Release: who finds the segment here sees its head filled in. */
        atomic_store_explicit(&directory->segment[segment->index], segment, memory_order_release);
        return true;
}

/* The rest of slice 0 becomes the next memory for records, if what there is has come to its end. */
static void metadata_offer(struct segment *segment)
{
        struct metadata *offer = (struct metadata *)((char *)segment + RECORDS_BYTES);
        struct metadata *current = atomic_load_explicit(&metadata_current, memory_order_acquire);

        if (current && atomic_load_explicit(&current->used, memory_order_relaxed) < current->bytes)
                return;
        offer->bytes = SLICE_BYTES - RECORDS_BYTES - sizeof *offer;
        /* Release: pairs with segment_metadata, which reads the size. A failure means that someone else has more. */
        atomic_compare_exchange_strong_explicit(&metadata_current, &current, offer, memory_order_acq_rel,
                                                memory_order_relaxed);
}

bool segment_grow(void)
{
        struct segment *segment = segment_map_aligned(SEGMENT_BYTES, SEGMENT_BYTES);
        uintptr_t granule = (uintptr_t)segment >> SEGMENT_SHIFT;

        if (!segment)
                return false;
        metadata_offer(segment);
        if (!directory_enter(segment)) /* its memory may be in use for records already, so it stays mapped */
                return false;
        atomic_fetch_or_explicit(&segment_map[granule / 64], 1ull << (granule % 64), memory_order_relaxed);
        atomic_fetch_add_explicit(&segments, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&segment->directory->free_slices, SEGMENT_SLICES - 1, memory_order_relaxed);
        /* Release: who claims a slice sees all of the above. */
        atomic_store_explicit(&segment->directory->free[segment->index], ~1ull, memory_order_release);
        return true;
}

static struct metadata *metadata_map(void)
{
        struct metadata *fresh = map(METADATA_BYTES);

        if (fresh) {
                fresh->bytes = METADATA_BYTES - sizeof *fresh;
                atomic_fetch_add_explicit(&metadata_mapped, METADATA_BYTES, memory_order_relaxed);
        }
        return fresh;
}

void *segment_metadata(size_t bytes)
{
        bytes = (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
        for (;;) {
                /* Acquire: pairs with whoever put it there. Taking a part needs no order, since it is fresh. */
                struct metadata *current = atomic_load_explicit(&metadata_current, memory_order_acquire);

                if (current) {
                        size_t used = atomic_fetch_add_explicit(&current->used, bytes, memory_order_relaxed);

                        if (used + bytes <= current->bytes)
                                return current->memory + used;
                } else if (segment_grow()) {
                        continue; /* the first segment brings its own, so that a small program maps nothing else */
                }

                struct metadata *fresh = metadata_map();

                if (!fresh)
                        return NULL;
                if (!atomic_compare_exchange_strong_explicit(&metadata_current, &current, fresh, memory_order_acq_rel,
                                                             memory_order_relaxed)) {
                        munmap(fresh, METADATA_BYTES);
                        atomic_fetch_sub_explicit(&metadata_mapped, METADATA_BYTES, memory_order_relaxed);
                }
        }
}

static uint64_t run_mask(unsigned first, unsigned slices)
{
        return (slices == 64 ? ~0ull : (1ull << slices) - 1) << first;
}

/* The first run in a mask of free slices, as a mask; 0: there is none. */
static uint64_t run_find(uint64_t free, unsigned slices, unsigned alignment)
{
        uint64_t starts = free & ~0ull / ((1ull << alignment) - 1);

        /* A bit stays in free if the slices that follow it are free too; each round doubles how many are known. */
        for (unsigned known = 1, step; known < slices; known += step) {
                step = known < slices - known ? known : slices - known;
                free &= free >> step;
        }
        starts &= free;
        return starts ? run_mask((unsigned)__builtin_ctzll(starts), slices) : 0;
}

/* Takes the slices of a mask if they are all still free. */
static bool run_take(struct directory *directory, size_t index, uint64_t *free, uint64_t run)
{
        /* Acquire: pairs with segment_give_back, so that what the last holder wrote lies before what we do. */
        if (!atomic_compare_exchange_weak_explicit(&directory->free[index], free, *free & ~run, memory_order_acquire,
                                                   memory_order_relaxed))
                return false;
        atomic_fetch_sub_explicit(&directory->free_slices, __builtin_popcountll(run), memory_order_relaxed);
        return true;
}

static void *claim_in(struct directory *directory, unsigned slices, unsigned alignment, bool *ret_zeroed)
{
        for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++) {
                uint64_t free = atomic_load_explicit(&directory->free[i], memory_order_relaxed), run;

                while ((run = run_find(free, slices, alignment)))
                        if (run_take(directory, i, &free, run)) {
                                uint64_t dirty = run & atomic_load_explicit(&directory->dirty[i], memory_order_relaxed);

                                atomic_fetch_sub_explicit(&dirty_slices, __builtin_popcountll(dirty),
                                                          memory_order_relaxed);
                                *ret_zeroed = !dirty;
                                return (char *)atomic_load_explicit(&directory->segment[i], memory_order_relaxed) +
                                       ((size_t)__builtin_ctzll(run) << SLICE_SHIFT);
                        }
        }
        return NULL;
}

void *segment_claim(unsigned slices, unsigned alignment, bool *ret_zeroed)
{
        void *start = NULL;

        for (struct directory *d = &directory_first; d && !start; d = directory_after(d))
                if (atomic_load_explicit(&d->free_slices, memory_order_relaxed) >= (long)slices)
                        start = claim_in(d, slices, alignment, ret_zeroed);
        return start;
}

static struct segment *segment_of(const void *address)
{
        return (struct segment *)((uintptr_t)address & ~(uintptr_t)(SEGMENT_BYTES - 1));
}

static unsigned slice_of(const void *address)
{
        return (uintptr_t)address >> SLICE_SHIFT & (SEGMENT_SLICES - 1);
}

bool segment_extend(void *start, unsigned slices, unsigned slices_more)
{
        struct segment *segment = segment_of(start);
        struct directory *directory = segment->directory;
        unsigned first = slice_of(start) + slices;

        if (first + slices_more > SEGMENT_SLICES)
                return false;

        uint64_t run = run_mask(first, slices_more);
        uint64_t free = atomic_load_explicit(&directory->free[segment->index], memory_order_relaxed);

        while ((free & run) == run)
                if (run_take(directory, segment->index, &free, run)) {
                        run &= atomic_load_explicit(&directory->dirty[segment->index], memory_order_relaxed);
                        atomic_fetch_sub_explicit(&dirty_slices, __builtin_popcountll(run), memory_order_relaxed);
                        return true;
                }
        return false;
}

static void run_give(struct directory *directory, size_t index, uint64_t run)
{
        /* Release: pairs with run_take. */
        atomic_fetch_or_explicit(&directory->free[index], run, memory_order_release);
        atomic_fetch_add_explicit(&directory->free_slices, __builtin_popcountll(run), memory_order_relaxed);
}

void segment_give_back(void *start, unsigned slices)
{
        struct segment *segment = segment_of(start);
        uint64_t run = run_mask(slice_of(start), slices);

        /* Dirty first, while the slices are ours: run_give's release carries it to who claims them. */
        atomic_fetch_or_explicit(&segment->directory->dirty[segment->index], run, memory_order_relaxed);
        atomic_fetch_add_explicit(&dirty_slices, slices, memory_order_relaxed);
        run_give(segment->directory, segment->index, run);
}

/* Purges the slices of a mask, which the caller has taken. Returns those that are clean now. */
static uint64_t purge_runs(struct segment *segment, uint64_t taken)
{
        uint64_t clean = 0;

        while (taken & ~clean) {
                unsigned first = (unsigned)__builtin_ctzll(taken & ~clean);
                uint64_t rest = ~(taken >> first);
                unsigned slices = rest ? (unsigned)__builtin_ctzll(rest) : 64 - first;

                if (madvise((char *)segment + ((size_t)first << SLICE_SHIFT), (size_t)slices << SLICE_SHIFT,
                            MADV_DONTNEED)) {
                        atomic_store_explicit(&purge_off, true, memory_order_relaxed);
                        break;
                }
                clean |= run_mask(first, slices);
        }
        return clean;
}

static bool purge_segment(struct directory *directory, size_t index)
{
        uint64_t free = atomic_load_explicit(&directory->free[index], memory_order_relaxed);
        uint64_t run;

        do { /* held while they are purged, so that nobody's bytes are thrown away */
                run = free & atomic_load_explicit(&directory->dirty[index], memory_order_relaxed);
                if (!run)
                        return false;
        } while (!run_take(directory, index, &free, run));

        uint64_t clean = purge_runs(atomic_load_explicit(&directory->segment[index], memory_order_relaxed), run);

        atomic_fetch_and_explicit(&directory->dirty[index], ~clean, memory_order_relaxed);
        atomic_fetch_sub_explicit(&dirty_slices, __builtin_popcountll(clean), memory_order_relaxed);
        run_give(directory, index, run);
        return clean;
}

bool segment_purge(size_t slices_keep)
{
        bool purged = false;

        for (struct directory *d = &directory_first; d; d = directory_after(d))
                for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++) {
                        if (atomic_load_explicit(&dirty_slices, memory_order_relaxed) <= (long)slices_keep ||
                            atomic_load_explicit(&purge_off, memory_order_relaxed))
                                return purged;
                        purged |= purge_segment(d, i);
                }
        return purged;
}

void segment_purge_if_due(void)
{
        size_t due = atomic_load_explicit(&segments, memory_order_relaxed) * SEGMENT_SLICES / 4;

        if (due < PURGE_SLICES_MIN)
                due = PURGE_SLICES_MIN;
        if (atomic_load_explicit(&dirty_slices, memory_order_relaxed) > (long)due)
                segment_purge(due / 2);
}

size_t segment_count(void)
{
        size_t places = 0;

        for (struct directory *d = &directory_first; d; d = directory_after(d)) {
                size_t count = atomic_load_explicit(&d->count, memory_order_relaxed);

                places += count < DIRECTORY_SEGMENTS ? count : DIRECTORY_SEGMENTS;
        }
        return places;
}

void *segment_at(size_t number)
{
        struct directory *directory = &directory_first;

        for (; directory && number >= DIRECTORY_SEGMENTS; number -= DIRECTORY_SEGMENTS)
                directory = directory_after(directory);
        /* Acquire: pairs with directory_enter. */
        return directory ? atomic_load_explicit(&directory->segment[number], memory_order_acquire) : NULL;
}

void segment_usage(struct segment_usage *ret_usage)
{
        struct segment_usage usage = {
                .metadata_bytes = atomic_load_explicit(&metadata_mapped, memory_order_relaxed),
        };

        for (struct directory *d = &directory_first; d; d = directory_after(d))
                for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++) {
                        uint64_t free = atomic_load_explicit(&d->free[i], memory_order_relaxed);
                        uint64_t dirty = atomic_load_explicit(&d->dirty[i], memory_order_relaxed);

                        usage.segments += atomic_load_explicit(&d->segment[i], memory_order_relaxed) != NULL;
                        usage.free_slices += (size_t)__builtin_popcountll(free);
                        usage.clean_slices += (size_t)__builtin_popcountll(free & ~dirty);
                }
        *ret_usage = usage;
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
