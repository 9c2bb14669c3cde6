/* The allocator's front: one heap for each thread, and what can be asked of a block.
 *
 * It knows nothing of tracing: a heap is either plain, or *sided*, and then every block it hands out has a side
 * record: eight bytes, zero at first, that belong to the caller. Nothing here sets errno, takes a lock, or calls
 * anything but the kernel (mmap, munmap, mremap, madvise). */
#ifndef PRELOAD_ALLOC_HEAP_H
#define PRELOAD_ALLOC_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap; /* type-stable: its memory is never given back, so that remote frees can reach it at any time */

/* A block that was looked up: its start, the bytes the program may use, and its side record (NULL: none). */
struct block {
        void *start;
        size_t usable;
        _Atomic uint64_t *side;
        struct slab *slab;
};

enum block_status {
        BLOCK_FOUND,
        BLOCK_FOREIGN,  /* no address of ours, or memory of ours that is no block */
        BLOCK_INTERIOR, /* inside one of our blocks, not at its start */
};
#endif
