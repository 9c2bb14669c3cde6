/* From any word to the block it points into, in nanoseconds, and a byte of state for each block.
 *
 * The tables are made once from the records of the pools and are a view of that moment. A block is live only if its
 * side record said so then: one that is half made or half freed is not. */
#ifndef PRELOAD_LEAKS_BLOCKS_H
#define PRELOAD_LEAKS_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/alloc/size_class.h"
#include "preload/alloc/slab.h"
#include "preload/check/guard.h"
#include "preload/leaks/root.h"
#include "preload/platform.h"
#include "preload/record/recorder.h"

/* Blocks of one size side by side: a slab, or one large, huge or guarded block. */
struct leak_slab {
        uintptr_t start;
        uint64_t reciprocal;          /* for size_class_index */
        const _Atomic uint64_t *side; /* NULL: nobody knows which blocks are in use */
        uint64_t usable;              /* bytes of each block */
        uint32_t blocks;              /* that were ever made */
        uint32_t first;               /* the number of its first block, in `state` and elsewhere */
};

struct leak_piece {
        uintptr_t start, end;
};

enum {
        LEAK_SPARSE_BYTES = 1 << 20, /* from here on, what was never written to of a block is not read */
        LEAK_PAGES_ASKED = 512,
};

enum leak_state {
        LEAK_LIVE = 1,
        LEAK_REACHED = 2,    /* by start-pointers all along, or by others that are explained */
        LEAK_POSSIBLE = 4,   /* reached, but only across pointers into blocks */
        LEAK_PENDING = 8,    /* what is reached points into it */
        LEAK_EXPLAINED = 16, /* reached by pointers into it alone, and a heuristic explains one */
        LEAK_UNSCANNED = 32, /* reached, but its contents have still to be scanned */
};

struct leak_blocks {
        uintptr_t low; /* all blocks but guarded ones lie in [low, low + span) */
        uint64_t span;
        uint32_t *granule; /* by 4 MiB from `low`: LEAK_ONE_SLAB and a slab's number, or that of 64 places in slice */
        uint32_t *slice;   /* by 64 KiB: a slab's number. 0, here and above: none */
        struct leak_slab *slab; /* from 1 on; the first is none */
        uint32_t slab_count;
        uint8_t *state; /* by number of a block: bits of enum leak_state */
        uint32_t block_count;
        uintptr_t guard_low, guard_high; /* guarded blocks lie between; none: both 0 */
        uint32_t guard_first;            /* their slabs, up to the end */
        _Atomic uint64_t guard_record[GUARD_SLOTS];
        struct leak_piece *hole; /* pieces of the pools that cannot be read, rising */
        size_t hole_count;
        int pagemap;               /* of the kernel; negative: it cannot be asked */
        struct leak_piece written; /* a run of pages that it has been asked about last */
        uint64_t pages[LEAK_PAGES_ASKED];
        size_t granule_bytes, slice_bytes, slab_bytes;
};
#define LEAK_ONE_SLAB (UINT32_C(1) << 31)

/* `blocks` is all zero. False: no memory. To be closed either way. */
bool leak_blocks_open(struct leak_blocks *blocks, const struct leak_roots *roots);
void leak_blocks_close(struct leak_blocks *blocks);

COLD uint32_t leak_blocks_guarded(const struct leak_blocks *blocks, uintptr_t word);

/* The slab of the block that a word points into, and the block's index in it. Number 0, which has no blocks: none. */
static inline uint32_t leak_blocks_find(const struct leak_blocks *blocks, uintptr_t word, uint32_t *ret_index)
{
        uint64_t offset = word - blocks->low;
        uint32_t number = 0;
        const struct leak_slab *slab;

        if (LIKELY(offset < blocks->span)) {
                number = blocks->granule[offset >> SEGMENT_SHIFT];
                if (number & LEAK_ONE_SLAB)
                        number &= ~LEAK_ONE_SLAB;
                else
                        number =
                                blocks->slice[number * SEGMENT_SLICES + (offset >> SLICE_SHIFT & (SEGMENT_SLICES - 1))];
        }
        if (UNLIKELY(word - blocks->guard_low < blocks->guard_high - blocks->guard_low))
                number = leak_blocks_guarded(blocks, word);
        slab = &blocks->slab[number];
        *ret_index = size_class_index(word - slab->start, slab->reciprocal);
        return LIKELY(*ret_index < slab->blocks) ? number : 0;
}

static inline uintptr_t leak_block_start(const struct leak_slab *slab, uint32_t index)
{
        return slab->start + index * slab->usable;
}

static inline uint64_t leak_block_record(const struct leak_slab *slab, uint32_t index)
{
        /* Relaxed: nobody changes it during a scan. */
        return atomic_load_explicit(&slab->side[index], memory_order_relaxed);
}

/* The requested size. */
static inline size_t leak_block_bytes(const struct leak_slab *slab, uint32_t index)
{
        return recorder_size(leak_block_record(slab, index), slab->usable);
}

/* The first piece of a block's [start, end) that can be read, and may hold anything; false: there is none. */
COLD bool leak_blocks_look(struct leak_blocks *blocks, uintptr_t start, uintptr_t end, struct leak_piece *ret_piece);
static inline bool leak_blocks_readable(struct leak_blocks *blocks, uintptr_t start, uintptr_t end,
                                        struct leak_piece *ret_piece)
{
        if (UNLIKELY(end - start >= (blocks->hole_count ? (size_t)PAGE_GRAIN : (size_t)LEAK_SPARSE_BYTES)))
                return leak_blocks_look(blocks, start, end, ret_piece);
        *ret_piece = (struct leak_piece){start, end};
        return end > start;
}

/* Whether all of a block's [start, end) can be read. */
COLD bool leak_blocks_whole(const struct leak_blocks *blocks, uintptr_t start, uintptr_t end);

#endif
