/* Slabs: runs of slices cut into blocks of one size class, and the records that say what a slice is.
 *
 * A record lies out of line, in slice 0 of the segment. Its first line belongs to the heap that owns the slab (others
 * read it), its second is shared. */
#ifndef PRELOAD_ALLOC_SLAB_H
#define PRELOAD_ALLOC_SLAB_H

#include "preload/alloc/segment.h"
#include "preload/alloc/size_class.h"

struct free_block {
        struct free_block *next;
};

enum slab_kind {
        SLAB_NONE,      /* a slice that is free, or about to change */
        SLAB_SMALL,     /* the first slice of a slab */
        SLAB_LARGE,     /* the first slice of a run that is one block */
        SLAB_CONTINUED, /* a further slice of either */
        SLAB_KIND_BITS = 2,
        SLAB_KIND_MASK = (1 << SLAB_KIND_BITS) - 1,
};

enum {
        SLAB_SIDED = 1, /* in owner: the blocks have side records */
        SLAB_FULL = 2,  /* in owner: put away without a free block, so that the fast path of free misses */
        SLAB_OWNER_FLAGS = SLAB_SIDED | SLAB_FULL,
        SLAB_REMOTE_FULL = 1,    /* in remote: the owner has put the slab away and wants to hear of the next free */
        SLAB_REMOTE_PURGING = 2, /* in remote: all blocks are free, and the memory is being given back to the kernel */
        SLAB_REMOTE_PURGED = 4,  /* in remote: it was; the slab has no block any more, and is to be carved anew */
        SLAB_REMOTE_FLAGS = SLAB_REMOTE_FULL | SLAB_REMOTE_PURGING | SLAB_REMOTE_PURGED,
        SLAB_REMOTE_SHIFT = 48,  /* in remote: how many blocks wait there; an address needs fewer bits */
        SLAB_USED_MASK = 0xffff, /* in counts: blocks in use */
        SLAB_CREDIT_SHIFT = 16,  /* in counts: allocations that the fast path may still do, a signed number */
        SLAB_TAKE = (int)(1 - (1u << SLAB_CREDIT_SHIFT)), /* what an allocation adds to counts */
};

struct slab {
        _Atomic uintptr_t owner; /* the heap and flags; 0: not the first slice of a small slab */
        struct free_block *free; /* carved and unused, the latest first */
        /* Blocks that are neither on `free` nor uncarved (those that wait in `remote` count), and the credit. Only the
         * owner writes it, with plain stores of the fast paths; others read it at their own risk. */
        uint32_t counts;
        _Atomic uint32_t carved;          /* blocks that have ever been made; the rest is untouched memory */
        _Atomic uint32_t bytes;           /* of a block; of a large run what is usable */
        _Atomic uint32_t identity;        /* a slab_kind, and above it a number that each change of use increments */
        _Atomic uint64_t reciprocal;      /* 0 for large: every offset then lies in block 0 */
        _Atomic(_Atomic uint64_t *) side; /* the side records, or NULL */
        _Atomic uint32_t blocks;
        uint8_t size_class;
        uint8_t slices;
        _Atomic uint8_t back;       /* how many slices before this one the first one lies */
        bool full;                  /* on its heap's list of full slabs, not on that of available ones */
        bool idle;                  /* empty, and not looked at by the fast path since the last tick */
        uint16_t credit;            /* what the credit in counts started from */
        _Atomic uint8_t side_class; /* the size class of the side array itself */
        bool zeroed;                /* its memory held only zeros when it was claimed */

        /* Blocks freed by others, latest first, with their number above and SLAB_REMOTE_FULL below. */
        _Alignas(CACHE_LINE) _Atomic uint64_t remote;
        struct slab *pending_next;
        _Atomic uint64_t record;      /* the side record of a large block */
        _Atomic uint64_t remote_seen; /* `remote` when slab_purge_remote came by last */
        struct slab *next, *previous;
};

/* The record of the slice that an address lies in. */
static inline struct slab *slab_of(const void *address)
{
        uintptr_t word = (uintptr_t)address, segment = word & ~(uintptr_t)(SEGMENT_BYTES - 1);

        return (struct slab *)(segment | (word >> (SLICE_SHIFT - 7) & (SEGMENT_SLICES - 1) << 7));
}

/* The same for a block in use, which may lie in a further slice. */
static inline struct slab *slab_of_block(const void *block)
{
        struct slab *slab = slab_of(block);

        return slab - atomic_load_explicit(&slab->back, memory_order_relaxed);
}

static inline char *slab_start(const struct slab *slab)
{
        uintptr_t word = (uintptr_t)slab, segment = word & ~(uintptr_t)(SEGMENT_BYTES - 1);

        return (char *)(segment | (word >> 7 & (SEGMENT_SLICES - 1)) << SLICE_SHIFT);
}

/* For a small slab that nobody unmakes: whether a block of it begins there. */
static inline bool slab_has_start(const struct slab *slab, const void *start)
{
        size_t offset = (size_t)((const char *)start - slab_start(slab));
        uint64_t reciprocal = atomic_load_explicit(&slab->reciprocal, memory_order_relaxed);
        size_t bytes = atomic_load_explicit(&slab->bytes, memory_order_relaxed);

        return offset == bytes * size_class_index(offset, reciprocal);
}

/* What a record says at one moment, so that a word that nobody vouches for can be judged while others work. */
struct slab_view {
        struct slab *slab; /* of the first slice */
        char *start;
        enum slab_kind kind; /* SLAB_NONE: no block lies here, and nothing else is set */
        uint32_t identity, bytes, carved;
        uint64_t reciprocal;
        _Atomic uint64_t *side;
};
/* The slab around an address in a segment of ours. */
struct slab_view slab_view(const void *address);
/* The next slab of a segment at or behind the slice, which moves on behind it; or a view of none: there is no more. */
struct slab_view slab_view_next(char *segment, unsigned *slice);

static inline bool slab_is_in_use(const struct slab *slab)
{
        return (atomic_load_explicit(&slab->identity, memory_order_relaxed) & SLAB_KIND_MASK) != SLAB_NONE;
}

/* True: the slab is still what the view says, so what was read from its side records since (with acquire) was its. */
static inline bool slab_view_holds(const struct slab_view *view)
{
        return atomic_load_explicit(&view->slab->identity, memory_order_relaxed) == view->identity;
}

/* Makes a slab in free slices. `owner`: what goes into slab->owner. NULL: no slices free, or no memory for records. */
struct slab *slab_create(uintptr_t owner, unsigned size_class);
void slab_destroy(struct slab *slab); /* no block of it is in use, and it is on no list */

/* One block that is one run of slices; see large.h. */
struct slab *slab_create_large(size_t usable, unsigned slices, unsigned alignment, bool sided);
void slab_large_resized(struct slab *slab, size_t usable, unsigned slices);
void slab_large_side(struct slab *slab, bool sided); /* its record lies in ours, so it may come and go */

/* For the owner: puts more blocks on the free list; false: all are carved. */
bool slab_carve(struct slab *slab);
/* For the owner, while the slab is not full: takes what others have freed; how many blocks. */
uint32_t slab_collect(struct slab *slab);
/* For the owner, when nothing is free: the next remote free will tell. False: one has come in between. */
bool slab_fill(struct slab *slab);
/* For the owner of a full slab after a free of its own: false if a remote free has already announced the slab. */
bool slab_unfill(struct slab *slab);
void slab_not_full(struct slab *slab); /* the same after a remote free has announced it */
/* For any other: true if it is now up to the caller, and nobody else, to announce the slab to its owner. */
bool slab_push_remote(struct slab *slab, void *block);

/* Links in the blocks of sided slabs are encoded with this key and their address, unless it is 0. It is set before the
 * first sided heap is made. */
extern uint64_t slab_link_key;
/* The latest block whose link did not lead to a block of its slab, so that the list ended there; who takes it out of
 * here tells of it. */
extern _Atomic(void *) slab_link_broken;

/* The address is part of it, so that a link copied from another block is no link. */
static inline uintptr_t slab_link_code(const struct slab *slab, const struct free_block *block)
{
        bool sided = atomic_load_explicit(&slab->side, memory_order_relaxed);

        return sided ? slab_link_key ^ (uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15) : 0;
}

struct free_block *slab_link_decode(const struct slab *slab, const struct free_block *block);

static inline struct free_block *free_block_next(const struct slab *slab, const struct free_block *block)
{
        return LIKELY(!slab_link_key) ? block->next : slab_link_decode(slab, block);
}

static inline void free_block_set_next(const struct slab *slab, struct free_block *block, struct free_block *next)
{
        if (UNLIKELY(slab_link_key))
                next = (struct free_block *)((uintptr_t)next ^ slab_link_code(slab, block));
        block->next = next;
}

/* For any other, now and then: if all blocks of the slab were freed by others before the last call of this one, and its
 * owner has not taken them in since, gives its memory back; how many bytes. ret_announce as for slab_push_remote. */
size_t slab_purge_remote(struct slab *slab, bool *ret_announce);

size_t slab_side_bytes(const struct slab *slab); /* what its side records take */

static inline uint32_t slab_used(const struct slab *slab)
{
        return slab->counts & SLAB_USED_MASK;
}

static inline int32_t slab_credit_left(const struct slab *slab)
{
        return (int32_t)slab->counts >> SLAB_CREDIT_SHIFT;
}

/* For the owner: how many blocks were allocated since the last time; the credit starts again from `credit`. A negative
 * credit counts calls that found none left: nothing was allocated, and what they added is taken back. */
static inline uint32_t slab_settle(struct slab *slab, uint16_t credit)
{
        int32_t left = slab_credit_left(slab);
        uint32_t taken;

        if (left < 0) {
                slab->counts -= (uint32_t)-left * (uint32_t)SLAB_TAKE;
                left = 0;
        }
        taken = (uint32_t)(slab->credit - left);
        slab->credit = credit;
        slab->counts = (uint32_t)credit << SLAB_CREDIT_SHIFT | slab_used(slab);
        return taken;
}

static inline uint32_t slab_block_count(const struct slab *slab)
{
        return atomic_load_explicit(&slab->blocks, memory_order_relaxed);
}

/* How many blocks were freed by others and not taken in yet. */
static inline uint32_t slab_pending(const struct slab *slab)
{
        return (uint32_t)(atomic_load_explicit(&slab->remote, memory_order_relaxed) >> SLAB_REMOTE_SHIFT);
}

static inline _Atomic uint64_t *slab_side(const struct slab *slab, const void *block)
{
        _Atomic uint64_t *side = atomic_load_explicit(&slab->side, memory_order_relaxed);
        uint64_t reciprocal = atomic_load_explicit(&slab->reciprocal, memory_order_relaxed);

        return side ? side + size_class_index((size_t)((const char *)block - slab_start(slab)), reciprocal) : NULL;
}
#endif
