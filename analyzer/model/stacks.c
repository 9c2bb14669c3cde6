/* Cold: one call for each distinct stack. */
#include "analyzer/model/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

void stacks_define(struct stacks *stacks, const struct wire_stack *stack)
{
        struct stack_piece *piece;
        size_t bytes = stack->frame_count * sizeof stack->frame[0];

        HASH_FIND(hh, stacks->by_id, &stack->id, sizeof stack->id, piece);
        if (piece)
                return;
        piece = xmalloc(sizeof *piece + bytes);
        piece->id = stack->id;
        piece->ancestor = stack->ancestor;
        piece->flags = stack->flags;
        piece->frame_count = (uint32_t)stack->frame_count;
        memcpy(piece->frame, stack->frame, bytes);
        HASH_ADD(hh, stacks->by_id, id, sizeof piece->id, piece);
}

const struct stack_piece *stacks_find(const struct stacks *stacks, uint32_t id)
{
        struct stack_piece *piece;

        HASH_FIND(hh, stacks->by_id, &id, sizeof id, piece);
        return piece;
}

void stacks_free(struct stacks *stacks)
{
        struct stack_piece *piece, *next;

        HASH_ITER(hh, stacks->by_id, piece, next) {
                HASH_DEL(stacks->by_id, piece);
                free(piece);
        }
}
