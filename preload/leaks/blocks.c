/* Making the tables of a scan. */
#define _GNU_SOURCE
#include "preload/leaks/blocks.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "preload/alloc/huge.h"
#include "preload/alloc/segment.h"
#include "preload/leaks/pages.h"

#define PAGEMAP_POPULATED (UINT64_C(3) << 62) /* present or swapped */

static bool huge_is_in_use(const struct huge *huge)
{
        /* Acquire: pairs with huge_create. */
        return atomic_load_explicit(&huge->start, memory_order_acquire) != 0;
}

/* What the tables must cover. */
struct extent {
        uintptr_t low, high;
        size_t segments, slabs;
};

static void extend(struct extent *extent, uintptr_t start, size_t bytes)
{
        if (!extent->high || start < extent->low)
                extent->low = start;
        if (start + bytes > extent->high)
                extent->high = start + bytes;
}

static struct extent extent_of_pools(void)
{
        struct extent extent = {.slabs = 1 + GUARD_SLOTS};

        for (size_t i = 0; i < segment_count(); i++) {
                uintptr_t segment = (uintptr_t)segment_at(i);

                if (!segment)
                        continue;
                extend(&extent, segment, SEGMENT_BYTES);
                extent.segments++;
                extent.slabs += SEGMENT_SLICES;
        }
        for (const struct huge *huge = huge_first(); huge; huge = huge->next)
                if (huge_is_in_use(huge)) {
                        extend(&extent, atomic_load_explicit(&huge->start, memory_order_relaxed),
                               huge_mapped_bytes(huge));
                        extent.slabs++;
                }
        extent.high = (extent.high + SEGMENT_BYTES - 1) & ~(uintptr_t)(SEGMENT_BYTES - 1);
        return extent;
}

static bool tables_map(struct leak_blocks *blocks, const struct extent *extent)
{
        blocks->low = extent->low;
        blocks->granule_bytes = ((extent->high - extent->low) >> SEGMENT_SHIFT) * sizeof *blocks->granule;
        blocks->slice_bytes = (extent->segments + 1) * SEGMENT_SLICES * sizeof *blocks->slice;
        blocks->slab_bytes = extent->slabs * sizeof *blocks->slab;
        blocks->granule = pages_map(blocks->granule_bytes);
        blocks->slice = pages_map(blocks->slice_bytes);
        blocks->slab = pages_map(blocks->slab_bytes);
        blocks->slab_count = 1;
        if (!blocks->granule || !blocks->slice || !blocks->slab)
                return false;
        blocks->span = extent->high - extent->low;
        return true;
}

static uint32_t slab_add(struct leak_blocks *blocks, const struct leak_slab *slab)
{
        blocks->slab[blocks->slab_count] = *slab;
        blocks->slab[blocks->slab_count].first = blocks->block_count;
        blocks->block_count += slab->blocks;
        return blocks->slab_count++;
}

static void slab_view_add(struct leak_blocks *blocks, const struct slab_view *view, uint32_t place)
{
        bool small = view->kind == SLAB_SMALL;
        uint32_t slices = small ? size_classes[size_class_of(view->bytes)].slices : SEGMENT_SLICES;
        uint32_t first = (uint32_t)((uintptr_t)view->start >> SLICE_SHIFT & (SEGMENT_SLICES - 1));
        uint32_t number = slab_add(blocks, &(struct leak_slab){
                                                   .start = (uintptr_t)view->start,
                                                   .reciprocal = view->reciprocal,
                                                   .side = view->side,
                                                   .usable = view->bytes,
                                                   .blocks = view->carved,
                                           });

        if (!small)
                slices = (view->bytes + SLICE_BYTES - 1) >> SLICE_SHIFT;
        for (uint32_t i = first; i < first + slices && i < SEGMENT_SLICES; i++)
                blocks->slice[place * SEGMENT_SLICES + i] = number;
}

static void segments_add(struct leak_blocks *blocks, const struct extent *extent)
{
        uint32_t place = 0;

        for (size_t i = 0; i < segment_count() && place < extent->segments; i++) {
                char *segment = segment_at(i);
                unsigned slice = 1;

                if (!segment || (uintptr_t)segment - blocks->low >= blocks->span)
                        continue;
                blocks->granule[((uintptr_t)segment - blocks->low) >> SEGMENT_SHIFT] = ++place;
                for (struct slab_view view; (view = slab_view_next(segment, &slice)).kind != SLAB_NONE;)
                        slab_view_add(blocks, &view, place);
        }
}

/* One whose record is not live may be under way in a realloc, so its contents count whatever happens to it. */
static const _Atomic uint64_t *huge_side_if_live(const struct huge *huge)
{
        bool sided = atomic_load_explicit(&huge->sided, memory_order_relaxed);

        /* Acquire: pairs with the store of the record, as everywhere. */
        return sided && atomic_load_explicit(&huge->record, memory_order_acquire) & RECORDER_LIVE ? &huge->record
                                                                                                  : NULL;
}

static void huge_add(struct leak_blocks *blocks, const struct huge *huge)
{
        uintptr_t start = atomic_load_explicit(&huge->start, memory_order_relaxed);
        size_t granules = (huge_mapped_bytes(huge) + SEGMENT_BYTES - 1) >> SEGMENT_SHIFT;
        uint32_t number = slab_add(blocks, &(struct leak_slab){
                                                   .start = start,
                                                   .side = huge_side_if_live(huge),
                                                   .usable = atomic_load_explicit(&huge->usable, memory_order_relaxed),
                                                   .blocks = 1,
                                           });

        for (size_t i = 0; i < granules; i++)
                blocks->granule[((start - blocks->low) >> SEGMENT_SHIFT) + i] = LEAK_ONE_SLAB | number;
}

static void huge_blocks_add(struct leak_blocks *blocks)
{
        for (const struct huge *huge = huge_first(); huge; huge = huge->next) {
                uintptr_t start = atomic_load_explicit(&huge->start, memory_order_acquire);
                bool fits = start - blocks->low < blocks->span &&
                            start - blocks->low + huge_mapped_bytes(huge) <= blocks->span &&
                            (blocks->slab_count + GUARD_SLOTS) * sizeof *blocks->slab < blocks->slab_bytes;

                if (start && fits)
                        huge_add(blocks, huge);
        }
}

static void guarded_add(void *context, const struct heap_visited *block)
{
        struct leak_blocks *blocks = context;
        uintptr_t start = (uintptr_t)block->start;
        uint32_t place = blocks->slab_count - blocks->guard_first;

        if (place >= GUARD_SLOTS)
                return;
        atomic_store_explicit(&blocks->guard_record[place], block->side, memory_order_relaxed);
        slab_add(blocks,
                 &(struct leak_slab){
                         .start = start, .side = &blocks->guard_record[place], .usable = block->usable, .blocks = 1});
        if (!blocks->guard_low || start < blocks->guard_low)
                blocks->guard_low = start;
        if (start + block->usable > blocks->guard_high)
                blocks->guard_high = start + block->usable;
}

uint32_t leak_blocks_guarded(const struct leak_blocks *blocks, uintptr_t word)
{
        for (uint32_t number = blocks->guard_first; number < blocks->slab_count; number++)
                if (word - blocks->slab[number].start < blocks->slab[number].usable)
                        return number;
        return 0;
}

static bool holes_add(struct leak_blocks *blocks, const struct leak_roots *roots)
{
        size_t count = 0;

        for (size_t i = 0; i < roots->count; i++)
                count += roots->root[i].kind == LEAK_ROOT_HOLE;
        if (!count)
                return true;
        blocks->hole = pages_map(count * sizeof *blocks->hole);
        if (!blocks->hole)
                return false;
        for (size_t i = 0; i < roots->count; i++)
                if (roots->root[i].kind == LEAK_ROOT_HOLE)
                        blocks->hole[blocks->hole_count++] =
                                (struct leak_piece){roots->root[i].start, roots->root[i].end};
        return true;
}

static bool around_holes(const struct leak_blocks *blocks, uintptr_t start, uintptr_t end, struct leak_piece *ret_piece)
{
        size_t low = 0, high = blocks->hole_count;

        while (low < high) { /* the first that ends behind the start */
                size_t middle = (low + high) / 2;

                if (blocks->hole[middle].end <= start)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (; low < blocks->hole_count && blocks->hole[low].start <= start; low++)
                start = blocks->hole[low].end;
        if (low < blocks->hole_count && blocks->hole[low].start < end)
                end = blocks->hole[low].start;
        *ret_piece = (struct leak_piece){start, end};
        return end > start;
}

bool leak_blocks_whole(const struct leak_blocks *blocks, uintptr_t start, uintptr_t end)
{
        struct leak_piece piece;

        return around_holes(blocks, start, end, &piece) && piece.start == start && piece.end == end;
}

/* What the kernel says of the pages from an address on: how many answers. */
static size_t pages_ask(struct leak_blocks *blocks, uintptr_t start)
{
        long bytes = platform_syscall(SYS_pread64, blocks->pagemap, (long)blocks->pages, sizeof blocks->pages,
                                      (long)(start / PAGE_GRAIN * sizeof *blocks->pages), 0, 0);

        return bytes > 0 ? (size_t)bytes / sizeof *blocks->pages : 0;
}

/* The first run of pages that were ever written to, of those that one question is about. */
static bool around_unwritten(struct leak_blocks *blocks, uintptr_t start, uintptr_t end, struct leak_piece *ret_piece)
{
        while (start < end) {
                size_t count = pages_ask(blocks, start), first = 0, last;

                if (!count)
                        break;
                while (first < count && !(blocks->pages[first] & PAGEMAP_POPULATED))
                        first++;
                for (last = first; last < count && blocks->pages[last] & PAGEMAP_POPULATED;)
                        last++;
                if (first)
                        start = (start / PAGE_GRAIN + first) * PAGE_GRAIN;
                if (first == last)
                        continue;
                blocks->written = (struct leak_piece){start, (start / PAGE_GRAIN + (last - first)) * PAGE_GRAIN};
                if (blocks->written.end < end)
                        end = blocks->written.end;
                break;
        }
        *ret_piece = (struct leak_piece){start, end};
        return end > start;
}

bool leak_blocks_look(struct leak_blocks *blocks, uintptr_t start, uintptr_t end, struct leak_piece *ret_piece)
{
        *ret_piece = (struct leak_piece){start, end};
        if (blocks->hole_count && !around_holes(blocks, start, end, ret_piece))
                return false;
        if (blocks->pagemap < 0 || ret_piece->end - ret_piece->start < LEAK_SPARSE_BYTES)
                return true;
        if (ret_piece->start - blocks->written.start < blocks->written.end - blocks->written.start) {
                if (blocks->written.end < ret_piece->end)
                        ret_piece->end = blocks->written.end;
                return true;
        }
        return around_unwritten(blocks, ret_piece->start, ret_piece->end, ret_piece);
}

static void states_fill(struct leak_blocks *blocks)
{
        for (uint32_t number = 1; number < blocks->slab_count; number++) {
                const struct leak_slab *slab = &blocks->slab[number];
                uint8_t *state = blocks->state + slab->first;

                for (uint32_t i = 0; slab->side && i < slab->blocks; i++)
                        /* Acquire: who made the block has done so before it made the record. */
                        state[i] = atomic_load_explicit(&slab->side[i], memory_order_acquire) & RECORDER_LIVE
                                           ? LEAK_LIVE
                                           : 0;
        }
}

bool leak_blocks_open(struct leak_blocks *blocks, const struct leak_roots *roots)
{
        struct extent extent = extent_of_pools();

        blocks->pagemap = -1;
        if (!holes_add(blocks, roots) || !tables_map(blocks, &extent))
                return false;
        segments_add(blocks, &extent);
        huge_blocks_add(blocks);
        blocks->guard_first = blocks->slab_count;
        guard_walk(guarded_add, blocks);
        blocks->state = pages_map(blocks->block_count);
        if (!blocks->state)
                return false;
        states_fill(blocks);
        blocks->pagemap =
                (int)platform_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0, 0, 0);
        return true;
}

void leak_blocks_close(struct leak_blocks *blocks)
{
        if (blocks->pagemap >= 0)
                platform_syscall(SYS_close, blocks->pagemap, 0, 0, 0, 0, 0);
        pages_unmap(blocks->granule, blocks->granule_bytes);
        pages_unmap(blocks->slice, blocks->slice_bytes);
        pages_unmap(blocks->slab, blocks->slab_bytes);
        pages_unmap(blocks->state, blocks->block_count);
        pages_unmap(blocks->hole, blocks->hole_count * sizeof *blocks->hole);
}
