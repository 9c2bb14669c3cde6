/* The allocator's front: one heap for each thread, and what can be asked of a block.
 *
 * It knows nothing of tracing: a heap is either plain, or *sided*, and then every block it hands out has a side
 * record: eight bytes that are zero when the block is handed out and then belong to the caller. Nothing here sets
 * errno, takes a lock, or calls anything but the kernel (mmap, munmap, mremap, madvise).
 *
 * A heap is used by one caller at a time; the caller sees to that (also against signal handlers, see thread.c). Any
 * heap may release a block of any other: such a free is remote and lock-free. */
#ifndef PRELOAD_ALLOC_HEAP_H
#define PRELOAD_ALLOC_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/alloc/huge.h"
#include "preload/alloc/slab.h"

struct heap; /* type-stable: its memory is never given back, so that remote frees can reach it at any time */

/* A block that was allocated or looked up. */
struct block {
        void *start;
        size_t usable;          /* bytes the program may use; constant for the life of the block */
        _Atomic uint64_t *side; /* its side record; NULL: it belongs to a plain heap */
        struct slab *slab;      /* for heap_release and heap_resize; NULL: huge */
        struct huge *huge;      /* or NULL */
        bool zeroed;            /* of an allocation: all usable bytes are known to be zero */
};

enum block_status {
        BLOCK_FOUND,
        BLOCK_FOREIGN,  /* no address of ours, or memory of ours that is no block in use */
        BLOCK_INTERIOR, /* inside one of our blocks, not at its start */
};

extern struct heap heap_none; /* every fast path misses on it; what a thread has before its first allocation */

struct heap *heap_create(bool sided); /* a recycled or new one; NULL: no memory */
void heap_retire(struct heap *heap);  /* its thread has ended: its slabs may be adopted, the heap is recycled */

/* The fast paths, for plain heaps: NULL or false means "take the slow path", never a failure. Sized for inlining. A
 * signal handler may use them on the heap whose fast path it interrupts, if it frees what it allocates, last first. */
static inline void *heap_alloc_fast(struct heap *heap, size_t size);
static inline bool heap_free_fast(struct heap *heap, void *start);

/* Any size and alignment (a power of two; 16 is the least given). False: no memory. Small blocks: usable minus size
 * is at most 4095 for every size and alignment, so that the slack fits into 12 bits. */
bool heap_alloc(struct heap *heap, size_t size, size_t alignment, struct block *ret_block);

/* Looks an arbitrary word up, without trusting it. Wait-free. A block that has been released is found too: in a sided
 * heap its side record is 0, in a plain one it cannot be told from a block in use. */
enum block_status heap_find(const void *word, struct block *ret_block);

/* True: nobody but the heap's user gives this found block out and takes it back (unless the program frees it twice at
 * once), so its side record may be taken with a plain load and store. */
static inline bool heap_owns(const struct heap *heap, const struct block *block);

/* Gives a found block back. The caller has already cleared the side record. */
void heap_release(struct heap *heap, const struct block *block);

enum heap_resize_status {
        HEAP_RESIZE_NO,       /* allocate, copy and release instead */
        HEAP_RESIZE_IN_PLACE, /* block->usable and block->side may have changed, block->start has not */
        HEAP_RESIZE_MOVED,    /* a huge block was remapped: block->start has changed, contents moved along */
};
/* Changes the size of a found block without copying, if it can. usable minus size is at most 4095 afterwards. */
enum heap_resize_status heap_resize(struct heap *heap, struct block *block, size_t size);

/* In the child after fork: only `survivor` (may be NULL) still has a thread; all others are orphans. */
void heaps_after_fork(struct heap *survivor);

/* Gives free memory back to the kernel; true: some was. */
bool heaps_trim(void);

/* A block in use, as the walk finds it. */
struct heap_visited {
        void *start;
        size_t usable;
        uint64_t side;    /* its record, read once; blocks whose record is 0 are not visited */
        const void *slab; /* the sparse slab that it pins, or NULL; blocks of one slab come in a row */
        size_t pinned;    /* its share of that slab's empty bytes */
};
typedef void heap_visit(void *context, const struct heap_visited *block);

/* Where the empty bytes of small slabs are: what is carved, so that it may be resident, and holds no block in use. A
 * slab is sparse if less than half of what is carved is in use: below that, the blocks of two slabs would fit into
 * one. */
struct heap_empty {
        size_t sparse_slabs;
        size_t pinned;   /* in sparse slabs: it would be given back but for the blocks in use there */
        size_t filling;  /* in sparse slabs that their heaps allocate from next, and would keep without any block */
        size_t dense;    /* in all others that hold a block with a record */
        size_t unpinned; /* in slabs that hold none */
};

/* Calls visit for every block in use of every sided heap. Other threads may run: what they change meanwhile may or may
 * not be seen; but what the visited blocks pin is always ret_empty->pinned. */
void heaps_walk(heap_visit *visit, void *context, struct heap_empty *ret_empty);

/* What the pools hold, all heaps together. Racy while other threads run. */
enum { HEAP_CLASSES = 72, HEAP_POOLS = HEAP_CLASSES + 2 }; /* then large runs, then huge blocks */
struct heap_pool_usage {
        size_t block_bytes; /* 0 for large and huge */
        size_t slabs, slab_bytes;
        size_t blocks_carved, blocks_used, bytes_used, blocks_cached; /* cached: in bins; they do not count as used */
        uint64_t allocations; /* exact for sided heaps; for plain ones as counted on the slow path */
        uint64_t refills, frees_remote;
};
struct heap_usage {
        struct heap_pool_usage pool[HEAP_POOLS];
        size_t mapped_bytes, free_bytes, purged_bytes, metadata_bytes, side_bytes;
};
void heaps_usage(struct heap_usage *ret_usage);
size_t heap_class_bytes(unsigned size_class);

/* From here on: how a heap is made, for the fast paths and the files of this directory. */

_Static_assert((int)HEAP_CLASSES == (int)SIZE_CLASSES, "a pool for each size class");

/* Counts of one pool of a heap. Only the heap's user writes them. */
struct heap_counts {
        _Atomic uint64_t allocations, refills, frees_remote;
};

struct heap {
        uint16_t room[SIZE_CLASSES];          /* how many more blocks the bin, or the sided bin, takes */
        struct free_block *bin[SIZE_CLASSES]; /* of a sided heap always NULL, so that the fast path misses */
        struct free_block *sided_bin[SIZE_CLASSES];
        struct slab *available[SIZE_CLASSES]; /* slabs that may have free blocks, a list through next and previous */
        struct slab *full;                    /* slabs without, all classes; a remote free brings them to pending */
        bool sided;
        bool retired;      /* has no thread; also while another has claimed it */
        _Atomic bool busy; /* in the middle of a change: nothing to rely on in a forked child */
        struct heap_group *group;
        uint64_t group_bit;
        struct heap_group *adopt_group; /* where the next search for slabs to adopt begins */
        unsigned adopt_place;
        struct heap_counts counts[HEAP_POOLS];

        _Alignas(CACHE_LINE) _Atomic(struct slab *) pending; /* full slabs that others have freed blocks of */
};

/* All heaps, 64 together. Who clears a heap's bit in `retired` is its user until the bit is set again. */
struct heap_group {
        _Atomic uint64_t retired[2]; /* plain, sided */
        _Atomic(struct heap *) heap[64];
        _Atomic uint32_t count; /* may run past 64 */
        _Atomic(struct heap_group *) next;
};
extern struct heap_group heap_group_first;

/* heap.c */
void heap_enter(struct heap *heap); /* around every change that a fork must not cut in two */
void heap_leave(struct heap *heap);
void heap_empty_bins(struct heap *heap);

/* heap_slabs.c */
void heap_sort_in(struct heap *heap, struct slab *slab);
void heap_sort_out(struct heap *heap, struct slab *slab);
void heap_put(struct heap *heap, struct slab *slab, struct free_block *block); /* past the bin, into its slab */
void heap_drain(struct heap *heap);                                            /* takes in the slabs that are pending */
uint32_t heap_collect(struct heap *heap, struct slab *slab);                   /* as slab_collect, and counts */
bool heap_sweep(struct heap *heap, bool keep_one); /* collects remote frees; true: slices were given back */
bool heap_shrink(
        struct heap *heap);        /* gives back all slices that can be, its own and retired heaps'; true: some were */
bool heap_grow(struct heap *heap); /* more free slices, perhaps enough; false: no memory */
struct slab *heap_slab(struct heap *heap, unsigned size_class); /* one with free blocks; NULL: no memory */

/* heaps.c */
bool heap_claim(struct heap *heap); /* the heap was retired, and the caller is its user until heap_unclaim */
void heap_unclaim(struct heap *heap);
struct slab *heap_adopt(struct heap *heap, unsigned size_class); /* a slab of a retired heap, not sorted in; or NULL */
bool heaps_sweep(void);                                          /* of all retired heaps */

static inline void heap_count(_Atomic uint64_t *counter, uint64_t more)
{
        /* One writer; atomic for those who take stock. */
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                              memory_order_relaxed);
}

static inline bool heap_owns(const struct heap *heap, const struct block *block)
{
        /* Relaxed: if it is ours, we wrote it. */
        return block->slab &&
               (atomic_load_explicit(&block->slab->owner, memory_order_relaxed) ^ (uintptr_t)heap) <= SLAB_SIDED;
}

static inline void *heap_alloc_fast(struct heap *heap, size_t size)
{
        if (UNLIKELY(size > SIZE_CLASS_QUICK_BYTES))
                return NULL;

        unsigned size_class = size_class_quick[(size + 15) / 16];
        struct free_block *block = heap->bin[size_class];

        if (UNLIKELY(!block))
                return NULL;
        heap->bin[size_class] = block->next;
        heap->room[size_class]++;
        return block;
}

static inline bool heap_free_fast(struct heap *heap, void *start)
{
        if (UNLIKELY(!segment_holds((uintptr_t)start)))
                return false;

        struct slab *slab = slab_of(start);

        /* Relaxed: if it is ours, we wrote it. */
        if (UNLIKELY(atomic_load_explicit(&slab->owner, memory_order_relaxed) != (uintptr_t)heap))
                return false;

        unsigned size_class = slab->size_class;
        struct free_block *block = start;

        if (UNLIKELY(!heap->room[size_class]))
                return false;
        heap->room[size_class]--;
        block->next = heap->bin[size_class];
        /* A signal handler that comes before the next store leaves the bin as it found it; so next must be there. */
        atomic_signal_fence(memory_order_release);
        heap->bin[size_class] = block;
        return true;
}
#endif
