/* Memory from the kernel, and memory for our own records. The latter is never given back, so that any thread may read
 * a record at any time; what is not in use any more waits on a stack of spares. */
#ifndef PRELOAD_ALLOC_MEMORY_H
#define PRELOAD_ALLOC_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/platform.h"

enum { PAGE_GRAIN = 4096 }; /* large and huge blocks are counted in these, whatever the machine's page is */

/* Called before memory_map maps, so that what is kept can make way; NULL: nobody. Only the constructor writes it. */
extern void (*memory_growing)(size_t bytes);

/* Zeroed; the alignment is a power of two, at least a page. NULL: no memory. */
void *memory_map(size_t bytes, size_t alignment);
bool memory_unmap(void *start, size_t bytes); /* false: the kernel refused, and the addresses are still ours */

/* Gives the pages back to the kernel; they read as zeros then. The first failure of madvise ends that for good (memory
 * that is locked, or a sandbox that forbids the call). */
bool memory_purge(void *start, size_t bytes);
bool memory_can_purge(void);
void memory_purge_never(void); /* as if it had failed */

/* Maps at this place or not at all. Sets errno when it fails, as the others here do. */
enum memory_status {
        MEMORY_MAPPED,
        MEMORY_TAKEN, /* something lies there */
        MEMORY_NONE,
};
enum memory_status memory_map_at(void *start, size_t bytes);

/* Memory for our own records, see segment_record: a part of what was offered last, zeroed and aligned to a cache line.
 * NULL: so much is not left of it. */
void *memory_record(size_t bytes);
/* Offers memory for records, zeroed and aligned to a cache line; what is left of the last offer is lost, and so it is
 * for a caller to whom memory_record gave none. False: there is as much already. */
bool memory_offer(void *start, size_t bytes);
bool memory_grow(void);           /* offers memory fresh from the kernel; false: no memory */
size_t memory_record_bytes(void); /* what memory_grow has mapped */

/* Memory that is free and may be resident: its owners add and subtract. */
extern _Atomic size_t memory_retained;

static inline void memory_retain(size_t bytes)
{
        atomic_fetch_add_explicit(&memory_retained, bytes, memory_order_relaxed);
}

static inline void memory_unretain(size_t bytes)
{
        atomic_fetch_sub_explicit(&memory_retained, bytes, memory_order_relaxed);
}

/* Adding and subtracting may overtake each other: what looks like less than nothing is nothing. */
static inline size_t memory_retained_bytes(void)
{
        size_t bytes = atomic_load_explicit(&memory_retained, memory_order_relaxed);

        return (ptrdiff_t)bytes < 0 ? 0 : bytes;
}

/* What memory_grow has mapped, piece by piece: begins with NULL and ends with NULL. */
enum { MEMORY_CHUNK_BYTES = 256 * 1024 };
void *memory_chunk_after(void *chunk);

/* Spares of one kind. Push one and take all have none of the ABA trouble that a pop of one has. */
struct spare {
        struct spare *_Atomic next;
};
void spare_push(struct spare *_Atomic *stack, struct spare *spare);
struct spare *spare_take(struct spare *_Atomic *stack); /* one; NULL: none at this moment */
#endif
