/* Blocks with pages of their own: one allocation in so many ends where its page ends, and the page behind it may not be
 * touched; nor may its own page, once it is freed. A touch is the program's SIGSEGV, as if it had gone astray by
 * itself.
 *
 * There are a few slots, so that a few mappings are all it costs; while all are taken, nothing is guarded. */
#ifndef PRELOAD_CHECK_GUARD_H
#define PRELOAD_CHECK_GUARD_H

#include "preload/alloc/heap.h"

enum { GUARD_SLOTS = 32 };

/* In the constructor. One allocation in `interval` is guarded. False: no memory. */
bool guard_open(unsigned interval);
const void *guard_region(size_t *ret_bytes); /* where the pages lie; NULL: there are none */

/* False: it is not its turn, or it is too big, or no slot is free. */
bool guard_alloc(size_t size, size_t alignment, struct block *ret_block);

/* As heap_find, for any word. */
enum block_status guard_find(const void *word, struct block *ret_block);

bool guard_has(const struct block *block); /* a block that was allocated or found here */
unsigned guard_slot(const struct block *block);
uint32_t guard_uses(const struct block *block); /* how often its slot has been used; changes with each allocation */
void guard_release(const struct block *block);

/* As heaps_walk. */
void guard_walk(heap_visit *visit, void *context);

#endif
