/* Blocks that the program wants to be ignored (annotations.h): each counts as if a root pointed to its start. */
#ifndef PRELOAD_LEAKS_IGNORED_H
#define PRELOAD_LEAKS_IGNORED_H

#include "preload/leaks/blocks.h"

struct leak_ignored {
        uintptr_t *start; /* of live blocks */
        size_t count, max;
};

/* `ignored` is all zero. False: no memory. */
bool leak_ignored_open(struct leak_ignored *ignored, const struct leak_blocks *blocks);
void leak_ignored_close(struct leak_ignored *ignored);

#endif
