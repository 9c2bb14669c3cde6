/* The ways of blocks that are recorded: what the functions of the malloc family try while tracing, before block.h.
 *
 * They do what block_new, block_resize and block_free do, for the calls that are nearly all: a size that has a class, a
 * slab in hand with a free block, an event that fits into the frame. Whenever there is anything else to do they have
 * done nothing, and the caller goes the long way. errno survives. */
#ifndef PRELOAD_TRACED_H
#define PRELOAD_TRACED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

/* Above 0: the quick ways may be tried; whoever calls one has looked. The constructor speeds up if tracing is on and no
 * check looks at every block; a thread that would have something else done about each slows all down, until it speeds
 * up again. */
extern _Atomic int traced_quick;

static inline bool traced_is_quick(void)
{
        return atomic_load_explicit(&traced_quick, memory_order_relaxed) > 0;
}

void traced_slow_down(void);
void traced_speed_up(void);

/* NULL: not done. `frame` as for block_new. */
void *traced_alloc(size_t size, enum wire_alloc_kind kind, const uintptr_t *frame);
/* The same, zeroed. */
void *traced_calloc(size_t size, const uintptr_t *frame);

/* To a size that is not 0. NULL: not done. */
void *traced_resize(void *start, size_t size, const uintptr_t *frame);

/* False: not done. */
bool traced_free(void *start);
/* The same for a call that says more: not of a block of kind `not` (WIRE_ALLOC_KINDS: of any kind), and only if so much
 * was asked for (TRACED_SIZE_ANY: whatever). Any other is an error to be told, and that is not done here. */
#define TRACED_SIZE_ANY SIZE_MAX
bool traced_delete(void *start, enum wire_alloc_kind not, size_t size);

/* Usable bytes of a small block of any heap; 0: not done. */
size_t traced_usable(const void *start);

#endif
