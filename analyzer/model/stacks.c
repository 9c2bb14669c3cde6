/* Cold: one call for each distinct stack. */
#include "analyzer/model/stacks.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

static uint32_t hash_of_id(uint32_t id)
{
        return index_hash(index_mix(0, id));
}

static uint32_t number_of_pc(struct stacks *stacks, const struct wire_pc *pc)
{
        uint32_t hash = index_hash(index_mix(index_mix(0, pc->pc), pc->generation)), number;

        for (struct index_probe probe = {hash, 0}; (number = index_next(&stacks->by_pc, &probe)) != INDEX_NONE;)
                if (stacks->pc[number].pc == pc->pc && stacks->pc[number].generation == pc->generation)
                        return number;
        stacks->pc = xgrow(stacks->pc, stacks->pc_count, &stacks->pc_room, sizeof *stacks->pc);
        stacks->pc[stacks->pc_count] = *pc;
        number = (uint32_t)stacks->pc_count++;
        index_add(&stacks->by_pc, hash, number);
        return number;
}

void stacks_define(struct stacks *stacks, const struct wire_stack *stack)
{
        struct stack_piece piece = {.id = stack->id,
                                    .ancestor = stack->ancestor,
                                    .frame = (uint32_t)stacks->frame_count,
                                    .frame_count = (uint16_t)stack->frame_count,
                                    .flags = (uint16_t)stack->flags};

        if (stacks_find(stacks, stack->id) != INDEX_NONE)
                return;
        if (stacks->frame_count + stack->frame_count > UINT32_MAX)
                return; /* no run has that many; a damaged stream may */
        for (size_t i = 0; i < stack->frame_count; i++) {
                stacks->frame = xgrow(stacks->frame, stacks->frame_count, &stacks->frame_room, sizeof *stacks->frame);
                stacks->frame[stacks->frame_count++] = number_of_pc(stacks, &stack->frame[i]);
        }
        stacks->piece = xgrow(stacks->piece, stacks->piece_count, &stacks->piece_room, sizeof *stacks->piece);
        stacks->piece[stacks->piece_count] = piece;
        index_add(&stacks->by_id, hash_of_id(stack->id), (uint32_t)stacks->piece_count++);
}

uint32_t stacks_find(const struct stacks *stacks, uint32_t id)
{
        uint32_t number;

        for (struct index_probe probe = {hash_of_id(id), 0};
             (number = index_next(&stacks->by_id, &probe)) != INDEX_NONE;)
                if (stacks->piece[number].id == id)
                        break;
        return number;
}

void stacks_free(struct stacks *stacks)
{
        free(stacks->piece);
        free(stacks->frame);
        free(stacks->pc);
        index_free(&stacks->by_id);
        index_free(&stacks->by_pc);
        *stacks = (struct stacks){0};
}
