/* Open addressing, at most three quarters full. */
#include "analyzer/index.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

enum { SLOTS_MIN = 64 };

static void put(struct index *index, struct index_slot slot)
{
        size_t at = slot.hash;

        while (index->slot[at & (index->slot_count - 1)].number)
                at++;
        index->slot[at & (index->slot_count - 1)] = slot;
}

static void grow(struct index *index)
{
        struct index old = *index;

        index->slot_count = old.slot_count ? old.slot_count * 2 : SLOTS_MIN;
        index->slot = xcalloc(index->slot_count, sizeof *index->slot);
        for (size_t i = 0; i < old.slot_count; i++)
                if (old.slot[i].number)
                        put(index, old.slot[i]);
        free(old.slot);
}

void index_add(struct index *index, uint32_t hash, uint32_t number)
{
        if (index->count >= index->slot_count / 4 * 3)
                grow(index);
        put(index, (struct index_slot){hash, number + 1});
        index->count++;
}

void index_free(struct index *index)
{
        free(index->slot);
        *index = (struct index){0};
}
