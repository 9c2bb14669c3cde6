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

struct heap; /* type-stable: its memory is never given back, so that remote frees can reach it at any time */
struct slab;

/* A block that was allocated or looked up. */
struct block {
        void *start;
        size_t usable;           /* bytes the program may use; constant for the life of the block */
        _Atomic uint64_t *side;  /* its side record; NULL: it belongs to a plain heap */
        struct slab *slab;       /* for heap_release and heap_resize */
        bool zeroed;             /* of an allocation: all usable bytes are known to be zero */
};

enum block_status {
        BLOCK_FOUND,
        BLOCK_FOREIGN,  /* no address of ours, or memory of ours that is no block in use */
        BLOCK_INTERIOR, /* inside one of our blocks, not at its start */
};

extern struct heap heap_none; /* every fast path misses on it; what a thread has before its first allocation */

struct heap *heap_create(bool sided); /* a recycled or new one; NULL: no memory */
void heap_retire(struct heap *heap);  /* its thread has ended: its slabs may be adopted, the heap is recycled */

/* The fast paths, for plain heaps: NULL or false means "take the slow path", never a failure. Sized for inlining. */
static inline void *heap_alloc_fast(struct heap *heap, size_t size);
static inline bool heap_free_fast(struct heap *heap, void *start);

/* Any size and alignment (a power of two; 16 is the least given). False: no memory. Small blocks: usable minus size
 * is at most 4095 for every size and alignment, so that the slack fits into 12 bits. */
bool heap_alloc(struct heap *heap, size_t size, size_t alignment, struct block *ret_block);

/* Looks an arbitrary word up, without trusting it. Wait-free. */
enum block_status heap_find(const void *word, struct block *ret_block);

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

/* Calls visit for every block in use of every sided heap. Other threads may run: what they change meanwhile may or may
 * not be seen. `side` is the record read once; blocks whose record is 0 are not visited. */
typedef void heap_visit(void *context, void *start, size_t usable, uint64_t side);
void heaps_walk(heap_visit *visit, void *context);

/* What the pools hold, all heaps together. Racy while other threads run. */
enum { HEAP_CLASSES = 72, HEAP_POOLS = HEAP_CLASSES + 2 }; /* then large runs, then huge blocks */
struct heap_pool_usage {
        size_t block_bytes; /* 0 for large and huge */
        size_t slabs, slab_bytes;
        size_t blocks_carved, blocks_used, bytes_used, blocks_cached;
        uint64_t allocations; /* exact for sided heaps; for plain ones as counted on the slow path */
        uint64_t refills, frees_remote;
};
struct heap_usage {
        struct heap_pool_usage pool[HEAP_POOLS];
        size_t mapped_bytes, free_bytes, purged_bytes, metadata_bytes, side_bytes;
};
void heaps_usage(struct heap_usage *ret_usage);
size_t heap_class_bytes(unsigned size_class);
#endif
