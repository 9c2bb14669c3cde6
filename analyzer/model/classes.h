/* The block sizes of the pools: how much a request really takes. */
#ifndef MODEL_CLASSES_H
#define MODEL_CLASSES_H

#include <stdbool.h>

#include "wire/wire.h"

enum { CLASSES_STEP = 16, CLASSES_TABLE_MAX = 32768 / CLASSES_STEP };

struct classes {
        bool told; /* by the stream; before that, what this version of the pools uses is assumed */
        struct wire_classes sizes;
        uint64_t usable[CLASSES_TABLE_MAX + 1]; /* of sizes up to index * CLASSES_STEP; 0: to be searched for */
};

void classes_init(struct classes *classes);
void classes_set(struct classes *classes, const struct wire_classes *told); /* only the first valid ones count */
uint64_t classes_usable(const struct classes *classes, uint64_t size);

#endif
