/* The live heap counted by stack, from the side records that a walk of it finds. Its memory comes from the kernel. */
#ifndef PRELOAD_RECORD_CENSUS_H
#define PRELOAD_RECORD_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct census_block {
        uint32_t stack;
        size_t bytes, usable;
        const void *slab; /* the sparse slab it pins, or NULL; blocks of one slab come in a row */
        size_t pinned;    /* its share of what is empty there */
};

struct census_row {
        uint32_t stack;
        uint32_t used;
        size_t apart; /* usable bytes of each block, or 0 */
        uint64_t blocks, bytes, usable;
        uint64_t pinned, pinning_blocks, pinned_slabs; /* a slab counts for every stack that pins it */
        const void *slab_last;
};

struct census {
        bool by_usable; /* a row for each stack and usable size; set before the first block */
        struct census_row *row;
        size_t row_count, row_max; /* row_max: a power of two, or 0 */
};

bool census_add(struct census *census, const struct census_block *block); /* false: no memory */
void census_close(struct census *census);

#endif
