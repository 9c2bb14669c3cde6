/* Segments, and the directory of their free slices. */
#define _GNU_SOURCE
#include "preload/alloc/segment.h"

#include <sys/mman.h>

enum {
        DIRECTORY_SEGMENTS = 256,
        RECORDS_BYTES = 128 * SEGMENT_SLICES,        /* of slice 0, for the slabs; the rest of it is for metadata */
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

_Atomic uint64_t segment_map[1 << (PLATFORM_ADDRESS_BITS - SEGMENT_SHIFT - 6)];

static struct directory directory_first;
static _Atomic long dirty_slices; /* free and dirty, in all segments */
static _Atomic size_t segments;
static _Atomic bool purge_off;

void *segment_map_aligned(size_t bytes, size_t alignment)
{
        void *start = memory_map(bytes, alignment);

        if (!start && segment_purge(0))
                start = memory_map(bytes, alignment);
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

        if (next || !(next = memory_record(sizeof *next)))
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

bool segment_grow(void)
{
        struct segment *segment = segment_map_aligned(SEGMENT_BYTES, SEGMENT_BYTES);
        uintptr_t granule = (uintptr_t)segment >> SEGMENT_SHIFT;

        if (!segment)
                return false;
        memory_offer((char *)segment + RECORDS_BYTES, SLICE_BYTES - RECORDS_BYTES);
        if (!directory_enter(segment)) /* its memory may be in use for records already, so it stays mapped */
                return false;
        atomic_fetch_or_explicit(&segment_map[granule / 64], 1ull << (granule % 64), memory_order_relaxed);
        atomic_fetch_add_explicit(&segments, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&segment->directory->free_slices, SEGMENT_SLICES - 1, memory_order_relaxed);
        /* Release: who claims a slice sees all of the above. */
        atomic_store_explicit(&segment->directory->free[segment->index], ~1ull, memory_order_release);
        return true;
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
        struct segment_usage usage = {.segments = 0};

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
