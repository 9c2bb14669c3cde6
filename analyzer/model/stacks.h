/* The stack definitions of one process, as they came. Outer parts may lie in another definition (the ancestor). */
#ifndef MODEL_STACKS_H
#define MODEL_STACKS_H

#include "analyzer/index.h"
#include "wire/wire.h"

struct stack_piece {
        uint32_t id, ancestor;
        uint32_t frame; /* index of its first, the innermost */
        uint16_t frame_count;
        uint16_t flags;
};

/* A program has many stacks of few places: pieces hold numbers of pcs. */
struct stacks {
        struct stack_piece *piece; /* in order of arrival */
        size_t piece_count, piece_room;
        uint32_t *frame; /* of all pieces: indices of pcs */
        size_t frame_count, frame_room;
        struct wire_pc *pc; /* each once */
        size_t pc_count, pc_room;
        struct index by_id, by_pc;
};

void stacks_define(struct stacks *stacks, const struct wire_stack *stack); /* the first definition of an id stays */
uint32_t stacks_find(const struct stacks *stacks, uint32_t id);            /* index of a piece, or INDEX_NONE */
void stacks_free(struct stacks *stacks);

#endif
