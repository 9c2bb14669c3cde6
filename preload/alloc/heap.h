/* The allocator's front: one heap for each thread, and what can be asked of a block.
 *
 * It knows nothing of tracing: a heap is either plain, or *sided*, and then every block it hands out has a side
 * record: eight bytes that belong to the caller, and when the block is handed out are zero or what the caller before
 * has left. Of their value only heap_record_in_use is known here. A plain heap may be *sampled*: then a few of its
 * blocks have side records, see sampling.h. Nothing here sets errno, takes a lock, or calls anything but the kernel
 * (mmap, munmap, mremap, madvise).
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
#include "preload/alloc/purge.h"
#include "preload/alloc/sampling.h"
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
        BLOCK_INTERIOR, /* inside one of our blocks, not at its start: *ret_block is that block */
};

extern struct heap heap_none; /* every fast path misses on it; what a thread has before its first allocation */
extern struct slab slab_none; /* never has a free block */

struct heap *
heap_create(bool sided); /* a recycled or new one; NULL: no memory. Plain ones are sampled once that is open */
void heap_retire(struct heap *heap); /* its thread has ended: its slabs may be adopted, the heap is recycled */

/* From now on some blocks of the plain heap are sampled; drawn anew if they were before. */
void heap_sample(struct heap *heap);

/* How many blocks the plain heap itself has handed out; exact. Takes a look at each size class. */
uint64_t heap_allocated(const struct heap *heap);

/* The fast paths, for plain heaps, sized for inlining; see there. A signal handler may use them on the heap whose fast
 * path it interrupts, if it frees what it allocates, last first. */
static inline void *heap_alloc_fast(struct heap *heap, size_t size);
static inline void *heap_alloc_medium(struct heap *heap, unsigned size_class);
enum heap_free_status {
        HEAP_FREE_NO, /* not done: take the slow path */
        HEAP_FREE_DONE,
        HEAP_FREE_EMPTIED, /* done, and the slab may be empty: heap_emptied */
};
static inline enum heap_free_status heap_free_fast(struct heap *heap, void *start);

/* Any size and alignment (a power of two; 16 is the least given). False: no memory. Small blocks: usable minus size
 * is at most 4095 for every size and alignment, so that the slack fits into 12 bits. */
bool heap_alloc(struct heap *heap, size_t size, size_t alignment, struct block *ret_block);

/* Looks an arbitrary word up, without trusting it. Wait-free. A block that has been released is found too: in a sided
 * heap its side record is not in use (heap_record_in_use), in a plain one it cannot be told from a block in use. */
enum block_status heap_find(const void *word, struct block *ret_block);

/* A caller may leave a record in place when it releases a block, if it sets the two bits at the top to 01. */
static inline bool heap_record_in_use(uint64_t record)
{
        return record && record >> 62 != 1;
}

/* For a word that heap_find calls foreign: true if the last block that began there has been released and nothing has
 * taken its place since. ret_block is for reading alone; `side` is its record, or NULL if that is lost. */
bool heap_find_gone(const void *word, struct block *ret_block);

/* True: nobody but the heap's user gives this found block out and takes it back (unless the program frees it twice at
 * once), so its side record may be taken with a plain load and store. */
static inline bool heap_owns(const struct heap *heap, const struct block *block);

/* Gives a found block back. The caller has already cleared the side record. */
void heap_release(struct heap *heap, const struct block *block);

enum heap_resize_status {
        HEAP_RESIZE_NO,       /* allocate, copy and release instead */
        HEAP_RESIZE_IN_PLACE, /* block->usable and block->side may have changed (of a sampled heap: also to and from
                                 NULL), block->start has not */
        HEAP_RESIZE_MOVED,    /* a huge block was remapped: block->start has changed, contents moved along */
};
/* Changes the size of a found block without copying, if it can. usable minus size is at most 4095 afterwards. */
enum heap_resize_status heap_resize(struct heap *heap, struct block *block, size_t size);

/* After the fast path has missed: true if its credit was used up, and it may go on. False: take the slow path. */
bool heap_renew(struct heap *heap, unsigned size_class);

/* The quick ways of sided heaps, between the caller's enter and leave (thread.h) and inlined as well: they miss
 * whenever there is more to do than to take a block from the slab in hand or to put it back there. Not while links are
 * encoded (slab_link_key). */
static inline void *heap_take_sided(struct heap *heap, unsigned size_class, _Atomic uint64_t **ret_side);
/* A block that the heap handed out, in a slab that is not full; NULL: look with heap_find. */
static inline struct slab *heap_find_sided(const struct heap *heap, const void *start, _Atomic uint64_t **ret_side);
static inline void heap_put_sided(struct heap *heap, struct slab *slab, void *start); /* what that has found */

/* Whether a small block stays where it is when it is to have that size. */
static inline bool heap_keeps_small(size_t usable, size_t size)
{
        /* Below half of it, a smaller block saves more than the copy costs. */
        return size <= usable && usable - size <= SIZE_CLASS_SLACK_MAX && size >= usable / 2;
}
static inline void heap_count_resize(struct heap *heap, bool in_place);

/* What the fast path leaves to be done. It may be late, or about a slab that has changed hands since. */
void heap_emptied(struct heap *heap, void *start); /* `start` was freed, and its slab was empty then */

/* For a block in a slab of a plain heap other than `heap`: frees it without any heap; false: take the slow path. */
bool heap_free_remote(struct heap *heap, struct slab *slab, void *start);

/* In the child after fork: only `survivor` (may be NULL) still has a thread; all others are orphans. */
void heaps_after_fork(struct heap *survivor);

/* Gives all free memory back to the kernel that can go, of the caller's heap and of those without a thread; how many
 * bytes. */
size_t heaps_trim(struct heap *own);

/* A block in use, as the walk finds it. */
struct heap_visited {
        void *start;
        size_t usable;
        uint64_t side;    /* its record, read once; see heap_record_in_use */
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
        size_t filling;  /* in sparse slabs of one slice that their heaps allocate from next: a reserve */
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
        size_t blocks_carved, blocks_used, bytes_used;
        uint64_t allocations; /* exact for sided heaps; for plain ones as counted on the slow path */
        uint64_t refills, frees_remote;
        uint64_t slabs_created, slabs_destroyed; /* 0 for large and huge */
};
struct heap_usage {
        struct heap_pool_usage pool[HEAP_POOLS];
        size_t mapped_bytes, free_bytes, purged_bytes, metadata_bytes, side_bytes;
        uint64_t resizes_in_place, resizes_moved;
};
void heaps_usage(struct heap_usage *ret_usage);
size_t heap_class_bytes(unsigned size_class);

/* From here on: how a heap is made, for the fast paths and the files of this directory. */

_Static_assert((int)HEAP_CLASSES == (int)SIZE_CLASSES, "a pool for each size class");

/* Counts of one pool of a heap. Only the heap's user writes them. */
struct heap_counts {
        _Atomic uint64_t allocations; /* of a plain heap: up to when each slab's credit began */
        _Atomic uint64_t refills;     /* searches for a slab with free blocks */
        _Atomic uint64_t frees_remote, slabs_created, slabs_destroyed;
};

/* Slabs that may have free blocks, linked through next and previous. The first is used up, then the next; those that
 * come back from being full go to the end, so that they gather free blocks until it is their turn. */
struct slab_list {
        struct slab *first, *last;
};

struct heap {
        struct slab *quick[SIZE_CLASS_QUICK_BYTES / 16 + 1]; /* by size / 16, rounded up: the same as in fast */
        /* The slab that the fast path allocates from, by class: on the available list, or slab_none. Of a sided heap
         * always slab_none, so that the fast path misses. */
        struct slab *fast[SIZE_CLASSES];
        struct slab_list available[SIZE_CLASSES];
        struct slab *full; /* slabs without, all classes; a remote free brings them to pending */
        _Atomic bool busy; /* in the middle of a change: nothing to rely on in a forked child */
        uint8_t restless;  /* heap_rest has something to do, perhaps */
        uint8_t ticks;
        uint8_t sweep_next;             /* the class that the next tick begins with */
        uint64_t rest_ms;               /* when heap_rest was called last */
        struct heap_group *adopt_group; /* where the next search for slabs to adopt begins */
        unsigned adopt_place;
        struct heap_counts counts[HEAP_POOLS];
        _Atomic uint64_t resizes_in_place, resizes_moved;
        struct sampling sampling;
        struct heap *sampler; /* the sided heap that sampled small blocks come from; NULL: none yet */

        /* What others read at every remote free, and nobody writes often. */
        _Alignas(CACHE_LINE) struct heap_group *group;
        uint64_t group_bit;
        bool sided;
        _Atomic bool retired; /* has no thread; also while another has claimed it. Only a hint for who has not */

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

enum {
        HEAP_RESTLESS = 3,      /* ticks that a heap is watched after it may have left something to do */
        HEAP_TICKS_A_LOOK = 32, /* slow calls for one look at the clock */
};

/* heap.c */
size_t heap_purge_slab(struct slab *slab);  /* slab_purge_remote, and tells the owner; how many bytes */
size_t heaps_purge_remote(size_t segments); /* the same for so many segments, in turn */
/* Around every change that a fork must not cut in two. */
static inline void heap_enter(struct heap *heap);
static inline void heap_leave(struct heap *heap);
void heap_set_fast(struct heap *heap, unsigned size_class, struct slab *slab);

/* heap_slabs.c */
void heap_sort_in(struct heap *heap, struct slab *slab); /* an available one as the first */
void heap_sort_in_last(struct heap *heap, struct slab *slab);
void heap_sort_out(struct heap *heap, struct slab *slab);
void heap_put(struct heap *heap, struct slab *slab, struct free_block *block); /* back into its slab */
void heap_drain(struct heap *heap);                                            /* takes in the slabs that are pending */
uint32_t heap_collect(struct heap *heap, struct slab *slab);                   /* as slab_collect, and counts */
bool heap_is_current(const struct heap *heap, const struct slab *slab);
void heap_put_away(struct heap *heap, struct slab *slab); /* if it is empty, and not the current one */
bool heap_rest(struct heap *heap); /* now and then: lets go of current slabs that nobody uses; true: there were some */
bool heap_sweep(struct heap *heap, bool keep_current); /* collects remote frees; true: slices were given back */
bool heap_shrink(
        struct heap *heap);        /* gives back all slices that can be, its own and retired heaps'; true: some were */
bool heap_grow(struct heap *heap); /* more free slices, perhaps enough; false: no memory */
struct slab *heap_slab(struct heap *heap, unsigned size_class); /* one with free blocks; NULL: no memory */

/* heaps.c */
bool heap_claim(struct heap *heap); /* the heap was retired, and the caller is its user until heap_unclaim */
void heap_unclaim(struct heap *heap);
struct slab *heap_adopt(struct heap *heap, unsigned size_class); /* a slab of a retired heap, not sorted in; or NULL */
bool heaps_sweep(void);                                          /* of all retired heaps */

void heap_tick_slow(struct heap *heap);
void heap_look_at_clock(struct heap *heap); /* perhaps it is time to rest and to purge */

/* True: something waits for time to pass. */
static inline bool heap_is_waiting(const struct heap *heap)
{
        return heap->restless || purge_is_waiting();
}

/* In the slow paths, where no list is being worked on: time passes. */
static inline void heap_tick(struct heap *heap)
{
        if (UNLIKELY(heap_is_waiting(heap)) && (++heap->ticks % HEAP_TICKS_A_LOOK == 0 || purge_is_excess()))
                heap_tick_slow(heap);
}

static inline void heap_count(_Atomic uint64_t *counter, uint64_t more)
{
        /* One writer; atomic for those who take stock. */
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                              memory_order_relaxed);
}

static inline void heap_count_resize(struct heap *heap, bool in_place)
{
        heap_count(in_place ? &heap->resizes_in_place : &heap->resizes_moved, 1);
}

static inline bool heap_owns_slab(const struct heap *heap, const struct slab *slab)
{
        /* Relaxed: if it is ours, we wrote it. */
        return (atomic_load_explicit(&slab->owner, memory_order_relaxed) ^ (uintptr_t)heap) <= SLAB_OWNER_FLAGS;
}

static inline bool heap_owns(const struct heap *heap, const struct block *block)
{
        return block->slab && heap_owns_slab(heap, block->slab);
}

/* Pops the latest free block; NULL: none, or the credit is used up. The next of a block is read after, and written
 * before, the list's head, so that a handler which puts back what it took leaves the list as it found it. */
static inline void *slab_pop(struct slab *slab)
{
        struct free_block *block = slab->free;

        if (UNLIKELY(!block))
                return NULL;
        slab->counts += (uint32_t)SLAB_TAKE;
        if (UNLIKELY((int32_t)slab->counts < 0)) /* slab_settle takes it back */
                return NULL;
        __asm__("" : "+r"(block));       /* or the compiler moves it to another register before it is returned */
        __builtin_prefetch(block->next); /* the next caller writes there at once */
        slab->free = block->next;
        return block;
}

/* Up to SIZE_CLASS_QUICK_BYTES; NULL: not done, take the slow path. */
static inline void *heap_alloc_fast(struct heap *heap, size_t size)
{
        if (UNLIKELY(size > SIZE_CLASS_QUICK_BYTES))
                return NULL;
        return slab_pop(heap->quick[(size + 15) / 16]);
}

/* The same for a class. */
static inline void *heap_alloc_medium(struct heap *heap, unsigned size_class)
{
        return slab_pop(heap->fast[size_class]);
}

static inline enum heap_free_status slab_free(struct slab *slab, const struct heap *heap, void *start)
{
        struct free_block *block = start;

        /* Relaxed: if it is ours, we wrote it. */
        if (UNLIKELY(atomic_load_explicit(&slab->owner, memory_order_relaxed) != (uintptr_t)heap))
                return HEAP_FREE_NO;
        block->next = slab->free;
        /* See slab_pop. */
        atomic_signal_fence(memory_order_release);
        slab->free = block;
        slab->counts--;
        return UNLIKELY(!(uint16_t)slab->counts) ? HEAP_FREE_EMPTIED : HEAP_FREE_DONE;
}

/* Does blocks of up to 8 KiB, and the first ones of slabs of larger blocks. */
static inline enum heap_free_status heap_free_fast(struct heap *heap, void *start)
{
        if (UNLIKELY(!segment_holds((uintptr_t)start)))
                return HEAP_FREE_NO;
        return slab_free(slab_of(start), heap, start);
}

static inline void heap_enter(struct heap *heap)
{
        atomic_store_explicit(&heap->busy, true, memory_order_relaxed);
        /* Release: a forked child that sees any of the change sees that it had begun. */
        atomic_thread_fence(memory_order_release);
}

static inline void heap_leave(struct heap *heap)
{
        /* Release: a forked child that sees the end sees all of the change. */
        atomic_store_explicit(&heap->busy, false, memory_order_release);
}

static inline void *heap_take_sided(struct heap *heap, unsigned size_class, _Atomic uint64_t **ret_side)
{
        struct slab *slab = heap->available[size_class].first;
        struct free_block *block;

        if (UNLIKELY(!slab || !(block = slab->free)))
                return NULL;
        heap_enter(heap);
        slab->free = block->next;
        __builtin_prefetch(block->next); /* as in malloc without tracing */
        block->next = NULL;              /* or a scan for leaks finds the next block held by this one */
        slab->counts++;
        heap_count(&heap->counts[size_class].allocations, 1);
        heap_leave(heap);
        *ret_side = slab_side(slab, block);
        return block;
}

static inline struct slab *heap_find_sided(const struct heap *heap, const void *start, _Atomic uint64_t **ret_side)
{
        struct slab *slab;
        size_t offset;
        uint32_t index;

        if (UNLIKELY(!segment_holds((uintptr_t)start)))
                return NULL;
        slab = slab_of_block(start);
        /* Relaxed: if it is ours, we wrote it. */
        if (UNLIKELY(atomic_load_explicit(&slab->owner, memory_order_relaxed) != ((uintptr_t)heap | SLAB_SIDED)))
                return NULL;
        offset = (size_t)((const char *)start - slab_start(slab));
        index = size_class_index(offset, atomic_load_explicit(&slab->reciprocal, memory_order_relaxed));
        if (UNLIKELY(offset != (size_t)index * atomic_load_explicit(&slab->bytes, memory_order_relaxed)))
                return NULL;
        *ret_side = atomic_load_explicit(&slab->side, memory_order_relaxed) + index;
        return slab;
}

static inline void heap_put_sided(struct heap *heap, struct slab *slab, void *start)
{
        struct free_block *block = start;

        heap_enter(heap);
        block->next = slab->free;
        slab->free = block;
        slab->counts--;
        if (UNLIKELY(!slab_used(slab)))
                heap_put_away(heap, slab);
        heap_leave(heap);
}
#endif
