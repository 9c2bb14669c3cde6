/* Where what the allocator holds, what the recorder holds and what the kernel says come together. */
#include "preload/stock.h"

#include "preload/alloc/parts.h"
#include "preload/errors.h"
#include "preload/record/channel.h"
#include "preload/record/mappings.h"
#include "preload/record/measure.h"
#include "wire/session.h"

/* Where the linker has put us. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/* Static: thread stacks may be small. */
static struct heap_usage usage;
static struct heap_parts parts;
static struct wire_pool pools[HEAP_POOLS];
static struct wire_resident resident;

static size_t library_bytes(void)
{
        return (uintptr_t)_end - (uintptr_t)__ehdr_start;
}

static size_t requested(uint64_t side, size_t usable)
{
        return recorder_size(side, usable);
}

static void name_range(const void *start, size_t bytes, bool pages)
{
        measure_range(start, bytes, pages ? MEASURE_PAGES : MEASURE_COUNT);
}

static bool ask(struct recorder *recorder)
{
        if (!measure_begin())
                return false;
        heaps_ranges(name_range);
        for (const struct mapping *mapping = mappings_first(); mapping; mapping = mapping->next)
                measure_range(mapping->start, mapping->bytes, MEASURE_COUNT);
        measure_range(channel_session(), SESSION_BYTES, MEASURE_COUNT);
        measure_range(__ehdr_start, library_bytes(), MEASURE_COUNT);
        return measure_ask(recorder);
}

static size_t page_resident(const void *start, size_t bytes)
{
        return measure_resident((const void *)((uintptr_t)start & ~(uintptr_t)(SESSION_PAGE_BYTES - 1)), bytes);
}

static void fill_resident(void)
{
        struct measure_rest rest = measure_rest();

        resident = (struct wire_resident){
                .rss = rest.rss,
                .retained = parts.retained,
                .purged = parts.purged,
                .metadata = parts.metadata,
                .side = parts.side,
                .shared = measure_resident(channel_session(), SESSION_BYTES),
                .library = page_resident(__ehdr_start, library_bytes()),
                .files = rest.files,
                .stack = rest.stack,
                .anonymous = rest.anonymous,
        };
        for (const struct mapping *mapping = mappings_first(); mapping; mapping = mapping->next)
                resident.recorder += measure_resident(mapping->start, mapping->bytes);
}

static void fill_pool(unsigned number)
{
        const struct heap_pool_usage *from = &usage.pool[number];
        const struct pool_parts *part = &parts.pool[number];
        struct wire_pool *pool = &pools[number];

        *pool = (struct wire_pool){
                .size_class = number,
                .block_bytes = from->block_bytes,
                .slabs = from->slabs,
                .slab_bytes = from->slab_bytes,
                .blocks_carved = from->blocks_carved,
                .blocks_used = from->blocks_used,
                .bytes_used = from->bytes_used,
                .allocations = from->allocations,
                .refills = from->refills,
                .frees_remote = from->frees_remote,
                .slabs_created = from->slabs_created,
                .slabs_destroyed = from->slabs_destroyed,
                .requested = part->requested,
                .untouched = part->untouched,
                .rounding = part->rounding,
                .free = part->free,
                .pending = part->pending,
        };
        for (unsigned i = 0; i < WIRE_DECILES; i++)
                pool->slabs_occupied[i] = part->slabs_occupied[i];
}

void stock_take(struct recorder *recorder, struct recorder_close *close)
{
        static const struct parts_known known = {measure_pages, measure_resident};
        struct errors_counts bad = errors_counts();
        bool measured = ask(recorder);

        heaps_parts(measured ? &known : NULL, requested, &parts);
        if (measured) {
                fill_resident();
                close->resident = &resident;
        }
        measure_end();
        heaps_usage(&usage);
        for (unsigned i = 0; i < HEAP_POOLS; i++)
                fill_pool(i);
        close->pool = pools;
        close->pool_count = HEAP_POOLS;
        close->usage = (struct wire_usage){
                .mapped_bytes = usage.mapped_bytes,
                .free_bytes = usage.free_bytes,
                .purged_bytes = usage.purged_bytes,
                .metadata_bytes = usage.metadata_bytes,
                .side_bytes = usage.side_bytes,
                .frees_foreign = bad.foreign,
                .frees_interior = bad.interior,
                .frees_double = bad.twice,
                .resizes_in_place = usage.resizes_in_place,
                .resizes_moved = usage.resizes_moved,
        };
}
