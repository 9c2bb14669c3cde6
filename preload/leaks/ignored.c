#include "preload/leaks/ignored.h"

#include "preload/annotations.h"
#include "preload/leaks/pages.h"

struct visit {
        struct leak_ignored *ignored;
        const struct leak_blocks *blocks;
};

static void count(void *context, uintptr_t block, uint64_t check)
{
        struct leak_ignored *ignored = context;

        (void)block;
        (void)check;
        ignored->max++;
}

/* If the block is still the one that was meant. */
static void add(void *context, uintptr_t block, uint64_t check)
{
        const struct visit *visit = context;
        struct leak_ignored *ignored = visit->ignored;
        uint32_t index, number = leak_blocks_find(visit->blocks, block, &index);
        const struct leak_slab *slab = &visit->blocks->slab[number];

        if (number && slab->side && visit->blocks->state[slab->first + index] & LEAK_LIVE &&
            annotations_check(leak_block_record(slab, index)) == check && ignored->count < ignored->max)
                ignored->start[ignored->count++] = leak_block_start(slab, index);
}

bool leak_ignored_open(struct leak_ignored *ignored, const struct leak_blocks *blocks)
{
        annotations_ignored_each(count, ignored);
        if (!ignored->max)
                return true;
        ignored->start = pages_map(ignored->max * sizeof *ignored->start);
        if (!ignored->start)
                return false;
        annotations_ignored_each(add, &(struct visit){ignored, blocks});
        return true;
}

void leak_ignored_close(struct leak_ignored *ignored)
{
        pages_unmap(ignored->start, ignored->max * sizeof *ignored->start);
}
