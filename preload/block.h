/* The slow paths that every function of the malloc family comes down to: a block is allocated, freed or resized, and
 * recorded if tracing is on. errno is set on failure only, and survives everything else.
 *
 * `frame` is __builtin_frame_address(0) of the function that the program called. */
#ifndef PRELOAD_BLOCK_H
#define PRELOAD_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/errors.h"
#include "wire/wire.h"

#define BLOCK_FRAME ((const uintptr_t *)__builtin_frame_address(0))

/* The end of a function that calls block_free with its own frame, for the same reason. */
static inline void block_keep_frame(void)
{
        __asm__ volatile("");
}

/* Around the value of a call that was given BLOCK_FRAME: as a tail call, it would give up the frame first. */
static inline void *block_kept(void *block)
{
        __asm__ volatile("" : "+r"(block));
        return block;
}

/* Called at the end of a call, when nothing of ours is held any more, if recorder_options.due has said so. Only the
 * constructor writes it. */
extern void (*block_due)(void);

void *block_new(size_t size, size_t alignment, enum wire_alloc_kind kind, bool zero, const uintptr_t *frame);
void block_free(void *start, const struct free_call *call);
void *block_resize(void *start, size_t size, const uintptr_t *frame);
size_t block_usable(const void *start); /* 0: not a block of ours */

#endif
