/* Slab by slab, block by block. A slab without side records tells only how many of its blocks are in use: they are
 * taken to be spread evenly over what it has carved. */
#include "preload/alloc/parts.h"

#include <string.h>

struct count {
        const struct parts_known *known;
        size_t (*requested)(uint64_t side, size_t usable);
        struct heap_parts *parts;
        const uint64_t *page; /* of the segment at hand; NULL: nothing is known */
        size_t side_bytes;
};

static const uint64_t nothing[SEGMENT_BYTES / PAGE_GRAIN / 64];

void heaps_ranges(parts_range *range)
{
        for (size_t number = 0; number < segment_count(); number++) {
                void *segment = segment_at(number);
                bool hollow;

                if (!segment)
                        continue;
                segment_free_slices(number, &hollow);
                range(segment, hollow ? SLICE_BYTES : SEGMENT_BYTES, true);
        }
        for (void *chunk = NULL; (chunk = memory_chunk_after(chunk));)
                range(chunk, MEMORY_CHUNK_BYTES, true);
        for (struct huge *huge = huge_first(); huge; huge = huge->next) {
                /* Acquire: pairs with huge_create. */
                uintptr_t start = atomic_load_explicit(&huge->start, memory_order_acquire);

                if (start)
                        range((void *)start, huge_mapped_bytes(huge), false);
        }
        for (unsigned place = 0; place < HUGE_IDLE_MAX; place++) {
                struct huge *huge = huge_idle_at(place);

                if (huge)
                        range((void *)huge->idle_start, huge_mapped_bytes(huge), false);
        }
}

static size_t touched(const struct count *count, size_t from, size_t to)
{
        size_t bytes = 0;

        if (!count->page)
                return to - from;
        for (size_t next; from < to; from = next) {
                size_t page = from / PAGE_GRAIN;

                next = (page + 1) * PAGE_GRAIN;
                if (count->page[page / 64] >> (page % 64) & 1)
                        bytes += (next < to ? next : to) - from;
        }
        return bytes;
}

static void count_used(struct count *count, struct pool_parts *pool, size_t from, size_t usable, size_t requested)
{
        size_t resident;

        if (requested > usable)
                requested = usable; /* what was read belongs to two blocks, one after the other */
        resident = touched(count, from, from + requested);
        pool->requested += resident;
        pool->untouched += requested - resident;
        pool->rounding += touched(count, from + requested, from + usable);
}

/* How many blocks are in use, and how many resident bytes the others have. */
static uint32_t count_blocks(struct count *count, const struct slab_view *view, struct pool_parts *pool, size_t from,
                             size_t *ret_free)
{
        uint32_t used = 0;
        size_t free = 0;

        for (uint32_t i = 0; i < view->carved; i++, from += view->bytes) {
                /* Acquire: should the array have gone to another slab, the next slab to be looked at shows it. */
                uint64_t side = atomic_load_explicit(&view->side[i], memory_order_acquire);

                bool in_use = heap_record_in_use(side);

                if (in_use)
                        count_used(count, pool, from, view->bytes, count->requested(side, view->bytes));
                else
                        free += touched(count, from, from + view->bytes);
                used += in_use;
        }
        *ret_free = free;
        return used;
}

/* Reads what only the owner writes: off by what happens at this moment. */
__attribute__((no_sanitize("thread"))) static uint32_t used_by_now(const struct slab *slab, uint32_t carved)
{
        uint32_t used = slab_used(slab), pending = slab_pending(slab);

        used = used > pending ? used - pending : 0;
        return used < carved ? used : carved;
}

static uint32_t count_evenly(struct count *count, const struct slab_view *view, struct pool_parts *pool, size_t from,
                             size_t *ret_free)
{
        uint32_t used = used_by_now(view->slab, view->carved);
        size_t resident = touched(count, from, from + (size_t)view->carved * view->bytes);
        size_t share = view->carved ? resident * used / view->carved : 0;

        pool->requested += share;
        pool->untouched += (size_t)used * view->bytes - share;
        *ret_free = resident - share;
        return used;
}

static void count_small(struct count *count, const struct slab_view *view, size_t from)
{
        const struct size_class *class = &size_classes[size_class_of(view->bytes)];
        struct pool_parts *pool = &count->parts->pool[size_class_of(view->bytes)];
        size_t carved = from + (size_t)view->carved * view->bytes, free, pending;
        uint32_t used;

        if (view->side)
                used = count_blocks(count, view, pool, from, &free);
        else
                used = count_evenly(count, view, pool, from, &free);
        pending = (size_t)slab_pending(view->slab) * view->bytes;
        if (pending > free)
                pending = free;
        pool->pending += pending;
        pool->free += free - pending;
        if (count->page) /* a slab in memory that was used before */
                pool->free += touched(count, carved, from + (size_t) class->slices * SLICE_BYTES);
        used = used * PARTS_DECILES / class->blocks;
        pool->slabs_occupied[used < PARTS_DECILES ? used : PARTS_DECILES - 1]++;
        if (!view->side)
                return;
        free = slab_side_bytes(view->slab);
        count->side_bytes += count->known ? count->known->resident((const void *)view->side, free) : free;
}

static void count_large(struct count *count, const struct slab_view *view, size_t from)
{
        struct pool_parts *pool = &count->parts->pool[HEAP_CLASSES];
        uint64_t side = view->side ? atomic_load_explicit(view->side, memory_order_relaxed) : 0;
        size_t end = from + ((view->bytes + (size_t)SLICE_BYTES - 1) & ~((size_t)SLICE_BYTES - 1));

        count_used(count, pool, from, view->bytes,
                   heap_record_in_use(side) ? count->requested(side, view->bytes) : view->bytes);
        if (count->page)
                pool->free += touched(count, from + view->bytes, end);
}

/* What lies in this slice; returns how many slices it is. */
static unsigned count_slice(struct count *count, char *segment, unsigned slice, bool free)
{
        size_t from = (size_t)slice * SLICE_BYTES;
        struct slab_view view = {.kind = SLAB_NONE};

        if (!free && slice)
                view = slab_view(segment + from);
        if (view.kind == SLAB_NONE || view.start != segment + from) {
                size_t resident = touched(count, from, from + SLICE_BYTES);

                if (!free)
                        count->parts->metadata += resident;
                else if (count->page)
                        count->parts->retained += resident;
                count->parts->purged += free ? SLICE_BYTES - resident : 0;
                return 1;
        }
        if (view.kind == SLAB_LARGE)
                count_large(count, &view, from);
        else
                count_small(count, &view, from);
        return view.slab->slices;
}

static void count_segments(struct count *count)
{
        for (size_t number = 0; number < segment_count(); number++) {
                char *segment = segment_at(number);
                unsigned slice = 0, end;
                uint64_t free;
                bool hollow;

                if (!segment)
                        continue;
                free = segment_free_slices(number, &hollow);
                end = hollow ? 1 : SEGMENT_SLICES;
                if (count->known && !(count->page = count->known->pages(segment)))
                        count->page = nothing;
                while (slice < end) {
                        unsigned slices = count_slice(count, segment, slice, free >> slice & 1);

                        slice += slices ? slices : 1;
                }
        }
}

static size_t huge_resident(const struct count *count, const void *start, const struct huge *huge)
{
        return count->known ? count->known->resident(start, huge_mapped_bytes(huge)) : huge_mapped_bytes(huge);
}

/* Takes at most `most` from what is left. */
static size_t take(size_t *left, size_t most)
{
        size_t taken = *left < most ? *left : most;

        *left -= taken;
        return taken;
}

static void count_huge(struct count *count, const struct huge *huge)
{
        struct pool_parts *pool = &count->parts->pool[HEAP_CLASSES + 1];
        /* Acquire: pairs with huge_create. */
        const void *start = (const void *)atomic_load_explicit(&huge->start, memory_order_acquire);
        size_t usable = atomic_load_explicit(&huge->usable, memory_order_relaxed), requested = usable, taken, left;
        uint64_t side = atomic_load_explicit(&huge->record, memory_order_relaxed);

        if (!start)
                return;
        if (heap_record_in_use(side) && atomic_load_explicit(&huge->sided, memory_order_relaxed))
                requested = count->requested(side, usable);
        if (requested > usable)
                requested = usable;
        left = huge_resident(count, start, huge);
        taken = take(&left, requested);
        pool->requested += taken;
        pool->untouched += requested - taken;
        pool->rounding += take(&left, usable - requested);
        pool->free += left;
}

static void count_idle(struct count *count)
{
        for (unsigned place = 0; place < HUGE_IDLE_MAX; place++) {
                struct huge *huge = huge_idle_at(place);

                if (huge)
                        count->parts->retained += huge_resident(count, (const void *)huge->idle_start, huge);
        }
}

void heaps_parts(const struct parts_known *known, size_t (*requested)(uint64_t side, size_t usable),
                 struct heap_parts *ret_parts)
{
        struct count count = {.known = known, .requested = requested, .parts = ret_parts};

        memset(ret_parts, 0, sizeof *ret_parts);
        count_segments(&count);
        for (void *chunk = NULL; (chunk = memory_chunk_after(chunk));)
                ret_parts->metadata += known ? known->resident(chunk, MEMORY_CHUNK_BYTES) : MEMORY_CHUNK_BYTES;
        for (struct huge *huge = huge_first(); huge; huge = huge->next)
                count_huge(&count, huge);
        count_idle(&count);
        ret_parts->side = count.side_bytes < ret_parts->metadata ? count.side_bytes : ret_parts->metadata;
        ret_parts->metadata -= ret_parts->side;
}
