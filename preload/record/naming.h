/* How stacks get their ids, and how those that are new are defined: the part of the memo that knows the tables of ids.
 */
#ifndef PRELOAD_RECORD_NAMING_H
#define PRELOAD_RECORD_NAMING_H

#include <stddef.h>
#include <stdint.h>

#include "preload/record/memo_inside.h"

/* The id of the stack that the memo holds. 0: none could be had. */
static inline uint32_t naming_leaf(struct memo *memo);

/* The id of a stack given as keys, innermost first, without the memo. */
uint32_t naming_keys(struct memo *memo, const uint64_t *key, size_t count, uint32_t flags);

uint32_t naming_leaf_slow(struct memo *memo, struct named *named);

static inline uint32_t naming_leaf(struct memo *memo)
{
        struct frame *leaf = memo->leaf;
        struct named *named = &memo->named[leaf->hash >> memo->named_shift];

        return LIKELY(named->hash == leaf->hash) ? (leaf->id = named->id) : naming_leaf_slow(memo, named);
}

#endif
