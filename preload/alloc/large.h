/* Large blocks: runs of whole slices, up to 2 MiB. A run belongs to nobody; whoever frees it gives its slices back. */
#ifndef PRELOAD_ALLOC_LARGE_H
#define PRELOAD_ALLOC_LARGE_H

#include "preload/alloc/slab.h"

enum { LARGE_BYTES_MAX = SEGMENT_BYTES / 2, LARGE_ALIGNMENT_MAX = SEGMENT_BYTES / 2 };

/* What is usable of a block of its own for a size: whole pages, or a little for nothing, so that the slack stays
 * below a page. */
static inline size_t large_usable(size_t bytes)
{
        return bytes ? (bytes + PAGE_GRAIN - 1) & ~(size_t)(PAGE_GRAIN - 1) : 16;
}

struct slab *large_create(size_t bytes, size_t alignment, bool sided); /* NULL: no run of free slices */
void large_destroy(struct slab *slab);
bool large_resize(struct slab *slab, size_t bytes); /* in place, or false */
#endif
