/* A sorted array: there are as many ranges as segments and huge blocks. */
#include "preload/leaks/own.h"

#include "preload/alloc/parts.h"
#include "preload/check/guard.h"
#include "preload/record/channel.h"
#include "preload/record/mappings.h"
#include "preload/record/ranges.h"
#include "wire/session.h"

/* Where the linker has put us. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/* heaps_ranges hands nothing through. One scan at a time, so one is enough. */
static struct own *collecting;

void own_add(struct own *own, const void *start, size_t bytes)
{
        if (own->count == own->max) {
                own->incomplete = true;
                return;
        }
        own->range[own->count++] = (struct own_range){(uintptr_t)start, (uintptr_t)start + bytes};
}

static void add_pool(const void *start, size_t bytes, bool pages)
{
        (void)pages;
        own_add(collecting, start, bytes);
}

void own_collect(struct own *own)
{
        size_t guard_bytes;
        const void *guard = guard_region(&guard_bytes);

        collecting = own;
        heaps_ranges(add_pool);
        for (const struct mapping *mapping = mappings_first(); mapping; mapping = mapping->next)
                own_add(own, mapping->start, mapping->bytes);
        if (guard)
                own_add(own, guard, guard_bytes);
        if (channel_session())
                own_add(own, channel_session(), SESSION_BYTES);
        own_add(own, __ehdr_start, (uintptr_t)_end - (uintptr_t)__ehdr_start);
}

/* Those that overlap become one. */
void own_sort(struct own *own)
{
        size_t kept = 0;

        ranges_sort(own->range, own->count, sizeof *own->range);
        for (size_t i = 0; i < own->count; i++) {
                if (kept && own->range[i].start <= own->range[kept - 1].end) {
                        if (own->range[i].end > own->range[kept - 1].end)
                                own->range[kept - 1].end = own->range[i].end;
                } else {
                        own->range[kept++] = own->range[i];
                }
        }
        own->count = kept;
}

/* The first range that ends behind `start`. */
static size_t first_behind(const struct own *own, uintptr_t start)
{
        size_t low = 0, high = own->count;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (own->range[middle].end <= start)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

bool own_holds(const struct own *own, uintptr_t address)
{
        size_t at = first_behind(own, address);

        return at < own->count && own->range[at].start <= address;
}

bool own_outside(const struct own *own, uintptr_t start, uintptr_t end, uintptr_t *ret_start, uintptr_t *ret_end)
{
        size_t at = first_behind(own, start);

        if (at < own->count && own->range[at].start <= start)
                start = own->range[at++].end;
        if (start >= end)
                return false;
        *ret_start = start;
        *ret_end = at < own->count && own->range[at].start < end ? own->range[at].start : end;
        return true;
}
