/* Who points at a block: one way from a root to it. */
#ifndef PRELOAD_LEAKS_CHAIN_H
#define PRELOAD_LEAKS_CHAIN_H

#include "preload/leaks/blocks.h"
#include "wire/wire.h"

/* Fills in the links and the stack of the chain, from what leak_mark has written to `from`; the block is reached. */
void leak_chain(const struct leak_blocks *blocks, const struct leak_roots *roots, const uintptr_t *from, uint32_t slab,
                uint32_t index, struct wire_leak_chain *chain);

#endif
