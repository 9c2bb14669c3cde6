/* Segments, and the directory of their free slices. */
#define _GNU_SOURCE
#include "preload/alloc/segment.h"

#include <string.h>
#include <sys/mman.h>

#include "preload/alloc/history.h"

enum {
        DIRECTORY_SEGMENTS = 256,
        RECORDS_BYTES = 128 * SEGMENT_SLICES, /* of slice 0, for the slabs; the rest of it is for metadata */
        FREE_SLICES = SEGMENT_SLICES - 1,
        FREE_BYTES = FREE_SLICES * SLICE_BYTES,
};

static const uint64_t wholly_free = ~1ull; /* all slices but the one with the records */

/* A set of segments of a directory. Who takes one out has it for himself until he puts it into some set again. */
struct segment_set {
        _Atomic uint64_t bits[DIRECTORY_SEGMENTS / 64];
};

/* The masks of many segments side by side, so that a search reads a few cache lines instead of one for each segment. */
struct directory {
        _Atomic uint64_t free[DIRECTORY_SEGMENTS];   /* bit set: the slice may be claimed */
        _Atomic uint64_t dirty[DIRECTORY_SEGMENTS];  /* bit set: the slice may hold other bytes than zeros */
        _Atomic uint64_t aged[DIRECTORY_SEGMENTS];   /* bit set: was free and dirty when segment_purge_aged came by */
        _Atomic uint64_t purged[DIRECTORY_SEGMENTS]; /* bit set: the slice was purged, not long before purged_ms */
        _Atomic uint32_t purged_ms[DIRECTORY_SEGMENTS];
        _Atomic(struct segment *) segment[DIRECTORY_SEGMENTS];
        struct segment_set hollow;
        struct segment_set rest_unused; /* the memory behind the records in slice 0 */
        _Atomic size_t count;           /* places given out; may run past the end */
        _Atomic long free_slices;       /* a hint that lags a little: nothing to find here when it is small */
        _Atomic(struct directory *) next;
};

struct segment {
        uintptr_t owner; /* always 0: the fast path of free reads this place as if it were a slab's */
        struct directory *directory;
        size_t index;
};

_Atomic uint64_t segment_map[1 << (PLATFORM_ADDRESS_BITS - SEGMENT_SHIFT - 6)];

static struct directory directory_first;
static _Atomic size_t segments; /* that are not hollow */
static _Atomic size_t record_slices;

static struct directory *directory_after(struct directory *directory)
{
        /* Acquire: pairs with directory_append, so that the new one is seen zeroed. */
        return atomic_load_explicit(&directory->next, memory_order_acquire);
}

static struct directory *directory_append(struct directory *last)
{
        struct directory *next = directory_after(last);

        if (next || !(next = segment_record(sizeof *next)))
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

static void set_put(struct segment_set *set, size_t index)
{
        /* Release: pairs with set_take. */
        atomic_fetch_or_explicit(&set->bits[index / 64], 1ull << (index % 64), memory_order_release);
}

/* The next segment of a set at or behind an index, taken out of it; or DIRECTORY_SEGMENTS. */
static size_t set_take(struct segment_set *set, size_t index)
{
        for (; index < DIRECTORY_SEGMENTS; index++) {
                uint64_t bit = 1ull << (index % 64);
                uint64_t bits = atomic_load_explicit(&set->bits[index / 64], memory_order_relaxed) & -bit;

                if (!bits) {
                        index |= 63;
                        continue;
                }
                bit = bits & -bits;
                index = (index & ~(size_t)63) + (size_t)__builtin_ctzll(bits);
                /* Acquire: pairs with set_put. */
                if (atomic_fetch_and_explicit(&set->bits[index / 64], ~bit, memory_order_acquire) & bit)
                        break;
        }
        return index;
}

/* Lets the slices of a segment be claimed; they are fresh. */
static void segment_open(struct directory *directory, size_t index)
{
        atomic_store_explicit(&directory->dirty[index], 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&segments, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&directory->free_slices, FREE_SLICES, memory_order_relaxed);
        /* Release: who claims a slice sees all that was done before. */
        atomic_store_explicit(&directory->free[index], wholly_free, memory_order_release);
}

static char *slices_of(struct directory *directory, size_t index)
{
        return (char *)atomic_load_explicit(&directory->segment[index], memory_order_relaxed) + SLICE_BYTES;
}

/* Fills the first hollow segment whose place is still free; the others keep waiting for theirs. */
static bool hollow_fill(struct directory *directory)
{
        size_t index = 0;

        for (; (index = set_take(&directory->hollow, index)) < DIRECTORY_SEGMENTS; index++) {
                enum memory_status status = memory_map_at(slices_of(directory, index), FREE_BYTES);

                if (status == MEMORY_MAPPED) {
                        segment_open(directory, index);
                        return true;
                }
                set_put(&directory->hollow, index);
                if (status == MEMORY_NONE)
                        break;
        }
        return false;
}

bool segment_grow(void)
{
        for (struct directory *d = &directory_first; d; d = directory_after(d))
                if (hollow_fill(d))
                        return true;

        struct segment *segment = memory_map(SEGMENT_BYTES, SEGMENT_BYTES);
        uintptr_t granule = (uintptr_t)segment >> SEGMENT_SHIFT;

        if (!segment)
                return false;
        if (!directory_enter(segment)) {
                memory_unmap(segment, SEGMENT_BYTES);
                return false;
        }
        atomic_fetch_or_explicit(&segment_map[granule / 64], 1ull << (granule % 64), memory_order_relaxed);
        set_put(&segment->directory->rest_unused, segment->index);
        segment_open(segment->directory, segment->index);
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

static void unretain(uint64_t slices)
{
        memory_unretain((size_t)__builtin_popcountll(slices) * SLICE_BYTES);
}

static void note_purged(struct directory *directory, size_t index, uint64_t slices)
{
        uint32_t now_ms = history_clock_ms();
        uint32_t before_ms = atomic_exchange_explicit(&directory->purged_ms[index], now_ms, memory_order_relaxed);
        uint64_t before = atomic_load_explicit(&directory->purged[index], memory_order_relaxed);

        if (now_ms - before_ms > HISTORY_REFAULT_MS / 2)
                before = 0;
        atomic_store_explicit(&directory->purged[index], before | slices, memory_order_relaxed);
}

/* Slices that are in use again so soon had better been kept. */
static COLD void note_again(struct directory *directory, size_t index, uint64_t slices)
{
        uint32_t before_ms = atomic_load_explicit(&directory->purged_ms[index], memory_order_relaxed);

        atomic_fetch_and_explicit(&directory->purged[index], ~slices, memory_order_relaxed);
        if (history_clock_ms() - before_ms <= HISTORY_REFAULT_MS)
                history_refaulted((size_t)__builtin_popcountll(slices) * SLICE_BYTES);
}

/* The address of a run that was taken, and what is in it. */
static void *run_start(struct directory *directory, size_t index, uint64_t run, bool *ret_zeroed)
{
        uint64_t dirty = run & atomic_load_explicit(&directory->dirty[index], memory_order_relaxed);

        uint64_t again = run & atomic_load_explicit(&directory->purged[index], memory_order_relaxed);

        if (dirty)
                unretain(dirty);
        if (UNLIKELY(again))
                note_again(directory, index, again);
        *ret_zeroed = !dirty;
        return (char *)atomic_load_explicit(&directory->segment[index], memory_order_relaxed) +
               ((size_t)__builtin_ctzll(run) << SLICE_SHIFT);
}

static void *claim_in(struct directory *directory, unsigned slices, unsigned alignment, bool *ret_zeroed)
{
        for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++) {
                uint64_t free = atomic_load_explicit(&directory->free[i], memory_order_relaxed), run;

                while ((run = run_find(free, slices, alignment)))
                        if (run_take(directory, i, &free, run))
                                return run_start(directory, i, run, ret_zeroed);
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
                        bool zeroed;

                        run_start(directory, segment->index, run, &zeroed);
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
        struct directory *directory = segment->directory;
        uint64_t run = run_mask(slice_of(start), slices);

        /* Dirty first, while the slices are ours: run_give's release carries it to who claims them. */
        if ((atomic_load_explicit(&directory->dirty[segment->index], memory_order_relaxed) & run) != run)
                atomic_fetch_or_explicit(&directory->dirty[segment->index], run, memory_order_relaxed);
        if (atomic_load_explicit(&directory->aged[segment->index], memory_order_relaxed) & run)
                atomic_fetch_and_explicit(&directory->aged[segment->index], ~run, memory_order_relaxed);
        memory_retain((size_t)slices * SLICE_BYTES);
        run_give(directory, segment->index, run);
}

/* The last free slice of the last segment that has one: what goes for records stays there for good, so all of it shall
 * lie together, and far from where the search for others begins. */
static void *claim_last(bool *ret_zeroed)
{
        for (;;) {
                struct directory *directory = NULL;
                size_t index = 0;

                for (struct directory *d = &directory_first; d; d = directory_after(d))
                        for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++)
                                if (atomic_load_explicit(&d->free[i], memory_order_relaxed)) {
                                        directory = d;
                                        index = i;
                                }
                if (!directory)
                        return NULL;

                uint64_t free = atomic_load_explicit(&directory->free[index], memory_order_relaxed);

                while (free) {
                        uint64_t run = 1ull << (63 - __builtin_clzll(free));

                        if (run_take(directory, index, &free, run))
                                return run_start(directory, index, run, ret_zeroed);
                }
        }
}

static bool offer_slice(void)
{
        bool zeroed;
        void *start = claim_last(&zeroed);

        if (!start)
                return false;
        if (!zeroed)
                memset(start, 0, SLICE_BYTES);
        if (memory_offer(start, SLICE_BYTES))
                atomic_fetch_add_explicit(&record_slices, 1, memory_order_relaxed);
        else
                segment_give_back(start, 1);
        return true;
}

static bool offer_rest(void)
{
        for (struct directory *d = &directory_first; d; d = directory_after(d)) {
                size_t index = set_take(&d->rest_unused, 0);

                if (index == DIRECTORY_SEGMENTS)
                        continue;
                if (!memory_offer(slices_of(d, index) - SLICE_BYTES + RECORDS_BYTES, SLICE_BYTES - RECORDS_BYTES))
                        set_put(&d->rest_unused, index);
                return true;
        }
        return false;
}

void *segment_record_beside(size_t bytes)
{
        void *record;

        while (!(record = memory_record(bytes)))
                if (bytes > SEGMENT_RECORD_MAX || (!offer_rest() && !memory_grow()))
                        return NULL;
        return record;
}

void *segment_record(size_t bytes)
{
        void *record;

        while (!(record = segment_record_beside(bytes)))
                if (bytes > SEGMENT_RECORD_MAX || !offer_slice())
                        return NULL;
        return record;
}

static bool hollow_out(struct directory *directory, size_t index, size_t *dirty_bytes)
{
        uint64_t free = atomic_load_explicit(&directory->free[index], memory_order_relaxed);

        do
                if (free != wholly_free)
                        return false;
        while (!run_take(directory, index, &free, wholly_free));
        if (!memory_unmap(slices_of(directory, index), FREE_BYTES)) {
                run_give(directory, index, wholly_free);
                return false;
        }

        uint64_t dirty = atomic_load_explicit(&directory->dirty[index], memory_order_relaxed);

        unretain(dirty & wholly_free);
        *dirty_bytes += (size_t)__builtin_popcountll(dirty & wholly_free) * SLICE_BYTES;
        atomic_fetch_sub_explicit(&segments, 1, memory_order_relaxed);
        set_put(&directory->hollow, index);
        return true;
}

bool segment_hollow(void)
{
        uint64_t began_ns = history_clock_ns();
        size_t dirty_bytes = 0;
        bool hollowed = false;

        for (struct directory *d = &directory_first; d; d = directory_after(d))
                for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++)
                        hollowed |= hollow_out(d, i, &dirty_bytes);
        if (dirty_bytes)
                history_purged(HISTORY_EXHAUSTED, dirty_bytes, began_ns, history_clock_ns());
        return hollowed;
}

/* Purges the slices of a mask, which the caller has taken. Returns those that are clean now. */
static uint64_t purge_runs(struct segment *segment, uint64_t taken)
{
        uint64_t clean = 0;

        while (taken & ~clean) {
                unsigned first = (unsigned)__builtin_ctzll(taken & ~clean);
                uint64_t rest = ~(taken >> first);
                unsigned slices = rest ? (unsigned)__builtin_ctzll(rest) : 64 - first;

                if (!memory_purge((char *)segment + ((size_t)first << SLICE_SHIFT), (size_t)slices << SLICE_SHIFT))
                        break;
                clean |= run_mask(first, slices);
        }
        return clean;
}

/* Purges the free and dirty slices of a mask; how many bytes. */
static size_t purge_segment(struct directory *directory, size_t index, uint64_t mask)
{
        uint64_t free = atomic_load_explicit(&directory->free[index], memory_order_relaxed);
        uint64_t run;

        do { /* held while they are purged, so that nobody's bytes are thrown away */
                run = free & mask & atomic_load_explicit(&directory->dirty[index], memory_order_relaxed);
                if (!run)
                        return 0;
        } while (!run_take(directory, index, &free, run));

        /* Read again now that they are held: another may have purged them in the meantime. */
        uint64_t dirty = run & atomic_load_explicit(&directory->dirty[index], memory_order_relaxed);
        uint64_t clean = purge_runs(atomic_load_explicit(&directory->segment[index], memory_order_relaxed), dirty);

        atomic_fetch_and_explicit(&directory->dirty[index], ~clean, memory_order_relaxed);
        unretain(clean);
        if (clean)
                note_purged(directory, index, clean);
        run_give(directory, index, run);
        return (size_t)__builtin_popcountll(clean) * SLICE_BYTES;
}

static bool purge_goes_on(size_t slices_keep)
{
        return memory_retained_bytes() > slices_keep * SLICE_BYTES && memory_can_purge();
}

size_t segment_purge(size_t slices_keep)
{
        size_t bytes = 0;

        for (struct directory *d = &directory_first; d; d = directory_after(d))
                for (size_t i = 0; i < DIRECTORY_SEGMENTS && purge_goes_on(slices_keep); i++)
                        bytes += purge_segment(d, i, ~0ull);
        return bytes;
}

size_t segment_purge_aged(size_t slices_keep)
{
        size_t bytes = 0;

        for (struct directory *d = &directory_first; d; d = directory_after(d))
                for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++) {
                        uint64_t aged = atomic_load_explicit(&d->aged[i], memory_order_relaxed);

                        if (aged && purge_goes_on(slices_keep))
                                bytes += purge_segment(d, i, aged);
                        /* A slice that is claimed and given back between the two loads is taken for aged: it goes a
                         * little early. */
                        atomic_store_explicit(&d->aged[i],
                                              atomic_load_explicit(&d->free[i], memory_order_relaxed) &
                                                      atomic_load_explicit(&d->dirty[i], memory_order_relaxed),
                                              memory_order_relaxed);
                }
        return bytes;
}

size_t segment_mapped_bytes(void)
{
        return atomic_load_explicit(&segments, memory_order_relaxed) * SEGMENT_BYTES;
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

uint64_t segment_free_slices(size_t number, bool *ret_hollow)
{
        struct directory *directory = &directory_first;

        for (; number >= DIRECTORY_SEGMENTS; number -= DIRECTORY_SEGMENTS)
                directory = directory_after(directory);
        *ret_hollow =
                atomic_load_explicit(&directory->hollow.bits[number / 64], memory_order_relaxed) >> (number % 64) & 1;
        return atomic_load_explicit(&directory->free[number], memory_order_relaxed);
}

void segment_usage(struct segment_usage *ret_usage)
{
        size_t filled =
                atomic_load_explicit(&segments, memory_order_relaxed); /* first, so that it is not the greater */
        struct segment_usage usage = {.segments = 0};

        for (struct directory *d = &directory_first; d; d = directory_after(d))
                for (size_t i = 0; i < DIRECTORY_SEGMENTS; i++) {
                        uint64_t free = atomic_load_explicit(&d->free[i], memory_order_relaxed);
                        uint64_t dirty = atomic_load_explicit(&d->dirty[i], memory_order_relaxed);

                        usage.segments += atomic_load_explicit(&d->segment[i], memory_order_relaxed) != NULL;
                        usage.free_slices += (size_t)__builtin_popcountll(free);
                        usage.clean_slices += (size_t)__builtin_popcountll(free & ~dirty);
                }
        usage.hollow = usage.segments - filled;
        usage.record_slices = atomic_load_explicit(&record_slices, memory_order_relaxed);
        *ret_usage = usage;
}
