/* Blocks that were freed and are not given out again for a while: first in, first out, up to some bytes. Lock-free; any
 * thread puts in and takes out. */
#ifndef PRELOAD_CHECK_QUARANTINE_H
#define PRELOAD_CHECK_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>

/* In the constructor. False: no memory. */
bool quarantine_open(size_t bytes_max);

/* False: such a big block is not taken. */
bool quarantine_takes(size_t usable);

/* Called for each block that leaves; nobody else has it any more. */
typedef void quarantine_leave(void *context, void *start);

/* Takes a block in. Others leave, so that the bound is kept. */
void quarantine_put(void *start, size_t usable, quarantine_leave *leave, void *context);
void quarantine_left(size_t usable); /* to be called for each that has left */

/* All leave. */
void quarantine_clear(quarantine_leave *leave, void *context);

#endif
