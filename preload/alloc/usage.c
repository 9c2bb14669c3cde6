/* Taking stock: every block of the sided heaps, and what the pools hold. */
#include "preload/alloc/heap.h"

struct walk {
        heap_visit *visit;
        void *context;
        struct heap_empty empty;
};

static uint32_t count_live(const struct slab_view *view)
{
        uint32_t live = 0;

        for (uint32_t i = 0; i < view->carved; i++)
                live += heap_record_in_use(atomic_load_explicit(&view->side[i], memory_order_relaxed));
        return live;
}

/* Whether a heap allocates from this slab next: what is empty there is its reserve, which it would keep if the blocks
 * went, and nobody's fault. But several slices are more than a reserve. Reads beside the owner's back: off by what
 * happens at this moment. */
__attribute__((no_sanitize("thread"))) static bool is_filling(const struct slab_view *view)
{
        /* Acquire: pairs with heap_adopt, so that the heap is seen filled in. */
        uintptr_t owner = atomic_load_explicit(&view->slab->owner, memory_order_acquire) & ~(uintptr_t)SLAB_OWNER_FLAGS;

        return owner && view->slab->slices == 1 && heap_is_current((const struct heap *)owner, view->slab);
}

/* Sorts the empty bytes of a small slab; returns those that its blocks have to answer for. */
static size_t sort_empty(const struct slab_view *view, uint32_t live, struct heap_empty *empty)
{
        size_t bytes = (size_t)(view->carved - live) * view->bytes;

        if (!live)
                empty->unpinned += bytes;
        else if (live >= view->carved - live)
                empty->dense += bytes;
        else if (is_filling(view))
                empty->filling += bytes;
        else
                return bytes;
        return 0;
}

static void walk_slab(const struct slab_view *view, struct walk *walk)
{
        struct heap_visited block = {.usable = view->bytes};
        uint32_t live = view->kind == SLAB_SMALL ? count_live(view) : 0;
        size_t pinned = 0;

        /* Once the array has gone to another slab, the count means nothing. */
        if (view->kind == SLAB_SMALL && slab_view_holds(view))
                pinned = sort_empty(view, live, &walk->empty);
        if (pinned)
                block.slab = view->start;
        walk->empty.sparse_slabs += pinned != 0;
        for (uint32_t i = 0; i < view->carved; i++) {
                /* Acquire: should the array have gone to another slab, view_holds sees that it has. */
                block.side = atomic_load_explicit(&view->side[i], memory_order_acquire);
                if (!heap_record_in_use(block.side))
                        continue;
                if (!slab_view_holds(view))
                        return;
                block.start = view->start + (size_t)i * view->bytes;
                block.pinned = live ? pinned / live : 0; /* so that the last one gets what is left */
                live -= live != 0;
                pinned -= block.pinned;
                walk->empty.pinned += block.pinned;
                walk->visit(walk->context, &block);
        }
}

/* Reads the owner's count beside its back: off by what happens at this moment. */
__attribute__((no_sanitize("thread"))) static uint32_t used_by_now(const struct slab *slab)
{
        /* Not by slab_used, whose call would be watched. */
        uint32_t used = slab->counts & SLAB_USED_MASK, pending = slab_pending(slab);

        return used > pending ? used - pending : 0;
}

/* A slab without records, as a plain heap has them. */
static void walk_plain(const struct slab_view *view, struct heap_empty *empty)
{
        uint32_t used = used_by_now(view->slab);

        if (view->kind == SLAB_SMALL && used < view->carved)
                empty->unpinned += (size_t)(view->carved - used) * view->bytes;
}

static void walk_huge(struct walk *walk)
{
        for (struct huge *huge = huge_first(); huge; huge = huge->next) {
                /* Acquire: pairs with huge_create. */
                uintptr_t start = atomic_load_explicit(&huge->start, memory_order_acquire);
                size_t usable = atomic_load_explicit(&huge->usable, memory_order_relaxed);
                uint64_t side = atomic_load_explicit(&huge->record, memory_order_relaxed);

                if (start && heap_record_in_use(side) && atomic_load_explicit(&huge->sided, memory_order_relaxed))
                        walk->visit(walk->context, &(struct heap_visited){(void *)start, usable, side, NULL, 0});
        }
}

void heaps_walk(heap_visit *visit, void *context, struct heap_empty *ret_empty)
{
        struct walk walk = {.visit = visit, .context = context};

        for (size_t number = 0; number < segment_count(); number++) {
                char *segment = segment_at(number);
                unsigned slice = 1;

                for (struct slab_view view; segment && (view = slab_view_next(segment, &slice)).kind != SLAB_NONE;) {
                        if (view.side)
                                walk_slab(&view, &walk);
                        else
                                walk_plain(&view, &walk.empty);
                }
        }
        walk_huge(&walk);
        *ret_empty = walk.empty;
}

static void use_slab(const struct slab_view *view, struct heap_usage *usage)
{
        bool large = view->kind == SLAB_LARGE;
        unsigned size_class = large ? HEAP_CLASSES : size_class_of(view->bytes);
        struct heap_pool_usage *pool = &usage->pool[size_class];

        pool->slabs++;
        pool->blocks_carved += view->carved;
        if (large) {
                pool->slab_bytes += ((size_t)view->bytes + SLICE_BYTES - 1) & ~(size_t)(SLICE_BYTES - 1);
                pool->blocks_used++;
                pool->bytes_used += view->bytes;
                return;
        }
        pool->slab_bytes += size_classes[size_class].slices * (size_t)SLICE_BYTES;
        pool->blocks_used += used_by_now(view->slab);
        if (view->side)
                usage->side_bytes += slab_side_bytes(view->slab);
}

static void use_heap(const struct heap *heap, struct heap_usage *usage)
{
        for (unsigned c = 0; c < HEAP_POOLS; c++) {
                const struct heap_counts *counts = &heap->counts[c];

                usage->pool[c].allocations += atomic_load_explicit(&counts->allocations, memory_order_relaxed);
                usage->pool[c].refills += atomic_load_explicit(&counts->refills, memory_order_relaxed);
                usage->pool[c].frees_remote += atomic_load_explicit(&counts->frees_remote, memory_order_relaxed);
                usage->pool[c].slabs_created += atomic_load_explicit(&counts->slabs_created, memory_order_relaxed);
                usage->pool[c].slabs_destroyed += atomic_load_explicit(&counts->slabs_destroyed, memory_order_relaxed);
        }
        usage->resizes_in_place += atomic_load_explicit(&heap->resizes_in_place, memory_order_relaxed);
        usage->resizes_moved += atomic_load_explicit(&heap->resizes_moved, memory_order_relaxed);
}

static void use_huge(struct heap_usage *usage)
{
        struct heap_pool_usage *pool = &usage->pool[HEAP_CLASSES + 1];

        for (struct huge *huge = huge_first(); huge; huge = huge->next) {
                size_t usable = atomic_load_explicit(&huge->usable, memory_order_relaxed);

                if (!atomic_load_explicit(&huge->start, memory_order_acquire))
                        continue;
                pool->slabs++;
                pool->slab_bytes += atomic_load_explicit(&huge->mapped, memory_order_relaxed);
                pool->blocks_carved++;
                pool->blocks_used++;
                pool->bytes_used += usable;
        }
        usage->mapped_bytes += pool->slab_bytes + huge_idle_bytes();
        usage->free_bytes += huge_idle_bytes();
}

static void use_heaps(struct heap_usage *usage)
{
        for (struct heap_group *group = &heap_group_first; group;
             group = atomic_load_explicit(&group->next, memory_order_acquire))
                for (unsigned place = 0; place < 64; place++) {
                        struct heap *heap = atomic_load_explicit(&group->heap[place], memory_order_acquire);

                        if (heap)
                                use_heap(heap, usage);
                }
}

void heaps_usage(struct heap_usage *ret_usage)
{
        struct heap_usage usage = {.mapped_bytes = 0};
        struct segment_usage segments;

        segment_usage(&segments);
        usage.mapped_bytes = segments.segments * SEGMENT_BYTES - segments.hollow * (SEGMENT_BYTES - SLICE_BYTES) +
                             memory_record_bytes();
        usage.metadata_bytes = (segments.segments + segments.record_slices) * SLICE_BYTES + memory_record_bytes();
        usage.free_bytes = segments.free_slices * SLICE_BYTES;
        usage.purged_bytes = segments.clean_slices * SLICE_BYTES;
        for (size_t number = 0; number < segment_count(); number++) {
                char *segment = segment_at(number);
                unsigned slice = 1;

                for (struct slab_view view; segment && (view = slab_view_next(segment, &slice)).kind != SLAB_NONE;)
                        use_slab(&view, &usage);
        }
        use_huge(&usage);
        use_heaps(&usage);
        for (unsigned c = 0; c < HEAP_CLASSES; c++) {
                struct heap_pool_usage *pool = &usage.pool[c];

                pool->block_bytes = heap_class_bytes(c);
                pool->bytes_used = pool->blocks_used * pool->block_bytes;
        }
        *ret_usage = usage;
}

size_t heap_class_bytes(unsigned size_class)
{
        return size_class < HEAP_CLASSES ? size_classes[size_class].bytes : 0;
}
