/* The tables of the size classes, computed by the compiler. */
#include "preload/alloc/size_class.h"

#define BYTES(c)      ((c) < 16 ? 16u * ((c) + 1) : (9u + ((c)&7)) << (((c) < 16 ? 0 : (c)-16) / 8 + 5))
#define RECIPROCAL(c) (((1ull << 40) + BYTES(c) - 1) / BYTES(c))
#define SLICES(c)     (BYTES(c) <= 8192 ? 1 : BYTES(c) <= 16384 ? 2 : 4)
#define BLOCKS(c)     (SLICES(c) * 65536u / BYTES(c))

#define CLASS(c)                                                                                                       \
        {                                                                                                              \
                RECIPROCAL(c), BYTES(c), BLOCKS(c), SLICES(c)                                                          \
        }
#define CLASSES_8(c)                                                                                                   \
        CLASS(c), CLASS((c) + 1), CLASS((c) + 2), CLASS((c) + 3), CLASS((c) + 4), CLASS((c) + 5), CLASS((c) + 6),      \
                CLASS((c) + 7)

const struct size_class size_classes[SIZE_CLASSES] = {
        CLASSES_8(0),  CLASSES_8(8),  CLASSES_8(16), CLASSES_8(24), CLASSES_8(32),
        CLASSES_8(40), CLASSES_8(48), CLASSES_8(56), CLASSES_8(64),
};

#define QUICK(n) ((n) == 0 ? 0 : (n) <= 16 ? (n)-1 : (n) <= 32 ? 16 + ((n)-17) / 2 : 24 + ((n)-33) / 4)
#define QUICK_8(n)                                                                                                     \
        QUICK(n), QUICK(n + 1), QUICK(n + 2), QUICK(n + 3), QUICK(n + 4), QUICK(n + 5), QUICK(n + 6), QUICK(n + 7)

const uint8_t size_class_quick[SIZE_CLASS_QUICK_BYTES / 16 + 1] = {
        QUICK_8(0), QUICK_8(8), QUICK_8(16), QUICK_8(24), QUICK_8(32), QUICK_8(40), QUICK_8(48), QUICK_8(56), QUICK(64),
};
