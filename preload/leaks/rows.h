/* What a scan has found, counted by class, stack, and stack of the root. */
#ifndef PRELOAD_LEAKS_ROWS_H
#define PRELOAD_LEAKS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leak_row {
        uint32_t class, stack, root, flags; /* as in struct wire_leak; the flags of all its blocks */
        uint64_t blocks, bytes, usable;     /* blocks 0: the place is free */
        uint64_t first, last;               /* the records of the blocks born first and last */
        uint32_t slab, index;               /* of the block that was added first */
};

struct leak_rows {
        struct leak_row *row;
        size_t count, max; /* max: places, a power of two, or 0 */
};

/* `block` is the row of one block. False: no memory. */
bool leak_rows_add(struct leak_rows *rows, const struct leak_row *block);
void leak_rows_close(struct leak_rows *rows);

#endif
