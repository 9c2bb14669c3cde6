/* The sizes of small blocks: 16 bytes apart to 256, then eight to each doubling up to 32 KiB. */
#ifndef PRELOAD_ALLOC_SIZE_CLASS_H
#define PRELOAD_ALLOC_SIZE_CLASS_H

#include <stddef.h>
#include <stdint.h>

enum {
        SIZE_CLASSES = 72, /* also what size_class_aligned gives when no class will do */
        SIZE_CLASS_BYTES_MAX = 32768,
        SIZE_CLASS_QUICK_BYTES = 1024, /* up to here a table gives the class */
        SIZE_CLASS_SLACK_MAX = 4095,   /* bytes a block may have more than was asked for: 12 bits of a side record */
};

struct size_class {
        uint64_t reciprocal; /* of bytes, for size_class_index */
        uint32_t bytes;      /* of a block */
        uint16_t blocks;     /* in a slab */
        uint8_t slices;      /* of a slab: enough for 8 blocks at least, or nearly so */
};
extern const struct size_class size_classes[SIZE_CLASSES];
extern const uint8_t size_class_quick[SIZE_CLASS_QUICK_BYTES / 16 + 1]; /* by size / 16, rounded up */

/* The smallest class for a size up to SIZE_CLASS_BYTES_MAX. */
static inline unsigned size_class_of(size_t bytes)
{
        if (bytes <= SIZE_CLASS_QUICK_BYTES)
                return size_class_quick[(bytes + 15) / 16];

        unsigned doubling = 63 - (unsigned)__builtin_clzll(bytes - 1);

        return 16 + (doubling - 8) * 8 + (unsigned)((bytes - 1) >> (doubling - 3)) - 8;
}

/* The block an offset into a slab lies in. Exact for every offset below 512 KiB, and 0 for the reciprocal 0. */
static inline uint32_t size_class_index(size_t offset, uint64_t reciprocal)
{
        return (uint32_t)(offset * reciprocal >> 40);
}

/* The smallest class whose blocks all have the alignment (a power of two) and the permitted slack, or SIZE_CLASSES. A
 * slab starts at a multiple of 64 KiB, so blocks are aligned to whatever divides their size. */
static inline unsigned size_class_aligned(size_t bytes, size_t alignment)
{
        /* Rounded up to the alignment, a size is a class of its own where the classes lie closer than the alignment,
         * and elsewhere they all have it. */
        size_t least = bytes ? (bytes + alignment - 1) & -alignment : alignment;

        if (least > SIZE_CLASS_BYTES_MAX || bytes > SIZE_CLASS_BYTES_MAX)
                return SIZE_CLASSES;

        unsigned size_class = size_class_of(least);

        return size_classes[size_class].bytes - bytes <= SIZE_CLASS_SLACK_MAX ? size_class : SIZE_CLASSES;
}
#endif
