/* Large blocks: how many slices they take, and how that changes. */
#include "preload/alloc/large.h"

static unsigned slices_for(size_t usable)
{
        return (unsigned)((usable + SLICE_BYTES - 1) >> SLICE_SHIFT);
}

struct slab *large_create(size_t bytes, size_t alignment, bool sided)
{
        size_t usable = large_usable(bytes);
        unsigned alignment_slices = alignment > SLICE_BYTES ? (unsigned)(alignment >> SLICE_SHIFT) : 1;

        return slab_create_large(usable, slices_for(usable), alignment_slices, sided);
}

void large_destroy(struct slab *slab)
{
        slab_destroy(slab);
}

bool large_resize(struct slab *slab, size_t bytes)
{
        size_t usable = large_usable(bytes);
        unsigned slices = slices_for(usable), slices_before = slab->slices;

        /* What fits into a small block shall not sit on a slice. */
        if (bytes <= SIZE_CLASS_BYTES_MAX || bytes > LARGE_BYTES_MAX)
                return false;
        if (slices > slices_before && !segment_extend(slab_start(slab), slices_before, slices - slices_before))
                return false;
        slab_large_resized(slab, usable, slices);
        return true;
}
