/* The fast paths, instrumented. */
#ifndef MODEL_FAST_H
#define MODEL_FAST_H

#include "preload/alloc/heap.h"

/* False: take the slow path. */
bool fast_take(struct heap *heap, size_t size, struct block *ret_block);
bool fast_give(struct heap *heap, const struct block *block);
#endif
