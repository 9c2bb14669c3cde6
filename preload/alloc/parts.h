/* What the memory of the pools is used for, byte by byte, as far as it is resident.
 *
 * The caller finds out what is resident: first heaps_ranges names all memory of the pools, then heaps_parts asks about
 * it. Other threads may run; what they change in between makes the parts inexact, and nothing worse. */
#ifndef PRELOAD_ALLOC_PARTS_H
#define PRELOAD_ALLOC_PARTS_H

#include "preload/alloc/heap.h"

/* `pages`: single pages will be asked about; else only how much of the whole is resident. */
typedef void parts_range(const void *start, size_t bytes, bool pages);
void heaps_ranges(parts_range *range);

struct parts_known {
        /* A bit for each page of the segment that begins there; NULL: nothing of it was resident. */
        const uint64_t *(*pages)(const void *segment);
        /* How many of these bytes were resident. */
        size_t (*resident)(const void *start, size_t bytes);
};

enum { PARTS_DECILES = 10 };

struct pool_parts {
        size_t requested; /* of blocks in use */
        size_t untouched; /* the same, but not resident */
        size_t rounding;  /* of blocks in use, beyond what was requested */
        size_t free;      /* in slabs, but in no block in use */
        size_t pending;   /* of blocks that others have freed, and the owner has not taken in */
        uint32_t
                slabs_occupied[PARTS_DECILES]; /* slabs by how many of their blocks are in use; the last: 90 to 100 % */
};

struct heap_parts {
        struct pool_parts pool[HEAP_POOLS];
        size_t retained; /* in no slab, kept for later */
        size_t purged;   /* the same, but not resident */
        size_t metadata; /* heads of segments, heaps, directories, what waits to become such */
        size_t side;     /* side records of slabs */
};

/* `known` NULL: all that was ever carved or given out counts as resident. `requested` says what was asked for, given
 * a side record and the usable size. */
void heaps_parts(const struct parts_known *known, size_t (*requested)(uint64_t side, size_t usable),
                 struct heap_parts *ret_parts);

#endif
