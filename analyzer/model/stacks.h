/* The stack definitions of one process, as they came. Outer parts may lie in another definition (the ancestor). */
#ifndef MODEL_STACKS_H
#define MODEL_STACKS_H

#include <uthash.h>

#include "wire/wire.h"

struct stack_piece {
        uint32_t id, ancestor, flags;
        uint32_t frame_count;
        UT_hash_handle hh;
        struct wire_pc frame[]; /* innermost first */
};

struct stacks {
        struct stack_piece *by_id;
};

void stacks_define(struct stacks *stacks, const struct wire_stack *stack); /* the first definition of an id stays */
const struct stack_piece *stacks_find(const struct stacks *stacks, uint32_t id);
void stacks_free(struct stacks *stacks);

#endif
