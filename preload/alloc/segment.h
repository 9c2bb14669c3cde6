/* Segments of 4 MiB, cut into 64 slices of 64 KiB.
 *
 * Slice 0 holds the records of the others and is never unmapped, so that any thread may read them at any time. Who
 * holds a slice is said by one bit for each; a run of slices is claimed with one compare-and-swap. A segment that is
 * wholly free can be made hollow when the address space is needed: its other slices are unmapped, and belong to whoever
 * maps something there, until it is filled again. To heap_find it looks all the time like a segment without blocks. */
#ifndef PRELOAD_ALLOC_SEGMENT_H
#define PRELOAD_ALLOC_SEGMENT_H

#include "preload/alloc/memory.h"

enum {
        SEGMENT_SHIFT = 22,
        SLICE_SHIFT = 16,
        SEGMENT_BYTES = 1 << SEGMENT_SHIFT,
        SLICE_BYTES = 1 << SLICE_SHIFT,
        SEGMENT_SLICES = SEGMENT_BYTES / SLICE_BYTES,
};

struct segment; /* lies at the start of its memory, in the place of the record of slice 0 */

/* One bit for each 4 MiB of address space: set when a segment of ours lies there. */
extern _Atomic uint64_t segment_map[1 << (PLATFORM_ADDRESS_BITS - SEGMENT_SHIFT - 6)];

/* Relaxed: who holds a block of the segment has got it through something that orders; for any other word either
 * answer is right. */
static inline bool segment_holds(uintptr_t address)
{
        uintptr_t granule = address >> SEGMENT_SHIFT;

        if (UNLIKELY(granule / 64 >= sizeof segment_map / sizeof *segment_map))
                return false;
        return atomic_load_explicit(&segment_map[granule / 64], memory_order_relaxed) >> (granule % 64) & 1;
}

/* A run of free slices that begins at a multiple of `alignment` slices (a power of two up to 32); NULL: no segment has
 * one, so segment_grow. ret_zeroed: the run is known to hold zeros only. */
void *segment_claim(unsigned slices, unsigned alignment, bool *ret_zeroed);
bool segment_extend(void *start, unsigned slices, unsigned slices_more); /* by the free slices that follow */
void segment_give_back(void *start, unsigned slices);
bool segment_grow(void);   /* one more segment, or a hollow one filled again; false: no memory */
bool segment_hollow(void); /* makes all hollow that are wholly free; true: there were some */

/* Zeroed memory for our own records, aligned to a cache line. It stays ours for good, so that any thread may read a
 * record at any time. When the kernel gives none, a free slice goes for it. NULL: no memory. */
enum { SEGMENT_RECORD_MAX = 48 << 10 }; /* bytes */
void *segment_record(size_t bytes);
void *segment_record_beside(size_t bytes); /* never at the price of a slice */

/* Returns free slices that may be resident to the kernel, until no more than `slices_keep` are left; how many bytes.
 * The first failure of madvise ends that for good (memory that is locked, or a sandbox that forbids the call). */
size_t segment_purge(size_t slices_keep);
/* The same, but only slices that have been free since the last call of this one. */
size_t segment_purge_aged(size_t slices_keep);
size_t segment_mapped_bytes(void); /* of all segments that are not hollow */

/* The address of the number-th segment, from 0 on without gaps worth stopping at: NULL from segment_count() on, or
 * where one is just being made. */
void *segment_at(size_t number);
size_t segment_count(void);

/* The free slices of the number-th segment, a bit for each; ret_hollow: only its first slice is mapped. */
uint64_t segment_free_slices(size_t number, bool *ret_hollow);

struct segment_usage {
        size_t segments, hollow;          /* all, and those of them */
        size_t free_slices, clean_slices; /* clean: free, and never touched or purged */
        size_t record_slices;             /* that went for records */
};
void segment_usage(struct segment_usage *ret_usage);
#endif
