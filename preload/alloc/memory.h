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

/* Zeroed; the alignment is a power of two, at least a page. NULL: no memory. */
void *memory_map(size_t bytes, size_t alignment);
void memory_unmap(void *start, size_t bytes);

/* Fresh zeroed memory for our own records, aligned to a cache line. NULL: no memory. */
void *memory_record(size_t bytes);
/* Offers memory for records: page-aligned, zeroed and unused. It is taken if there is no better at the moment. */
void memory_offer(void *start, size_t bytes);
size_t memory_record_bytes(void); /* mapped for records, not counting what was offered */

/* Spares of one kind. Push one and take all have none of the ABA trouble that a pop of one has. */
struct spare {
        struct spare *_Atomic next;
};
void spare_push(struct spare *_Atomic *stack, struct spare *spare);
struct spare *spare_take(struct spare *_Atomic *stack); /* one; NULL: none at this moment */
#endif
