/* The lost blocks as a graph: which of them are the roots of what was lost, and whom the others are charged to.
 *
 * A block to which only lost blocks point is indirectly lost. Blocks that point at each other in a circle are a
 * strongly connected component; of a component to which nothing points from outside, one block, the earliest, is the
 * root.
 *
 * Source: Tarjan, "Depth-first search and linear graph algorithms" (SIAM J. Comput. 1972), with a stack of its own
 * instead of recursion. */
#ifndef PRELOAD_LEAKS_LOST_H
#define PRELOAD_LEAKS_LOST_H

#include "preload/leaks/blocks.h"

/* A lost block. */
struct leak_lost {
        uint32_t slab, index;
        uint32_t root;   /* the place of the one it is charged to; its own: it is a root */
        uint32_t circle; /* the number of its component; alone: see `circles` */
        uint32_t low;    /* of Tarjan's */
        uint32_t first;  /* of its edges; they end where those of the next place begin */
};

struct leak_graph {
        struct leak_blocks *blocks;
        struct leak_lost *lost; /* places from 1 on, by rising number of the block */
        uint32_t count;         /* of places, with the unused first one */
        uint32_t *edge;         /* places that blocks point to, those of one block side by side */
        uint32_t edge_count;
        size_t edge_bytes;
        uint32_t *place;   /* by number of a block; 0: not lost */
        uint32_t *root;    /* by number of a component, from 1 on: the place of its root; 0: it has none */
        uint32_t *members; /* by number of a component: how many blocks */
        uint32_t circles;  /* components, with the unused first one */
};

/* All live blocks that were not reached, if `counts` says of their records that they are the program's to lose. `graph`
 * is all zero. False: no memory. To be closed either way. */
bool leak_graph_open(struct leak_graph *graph, struct leak_blocks *blocks, bool (*counts)(uint64_t record));
void leak_graph_close(struct leak_graph *graph);

static inline bool leak_lost_is_root(const struct leak_graph *graph, uint32_t place)
{
        return graph->lost[place].root == place;
}

/* Whether the block is one of several in a circle, and the root that it is charged to is, too. */
static inline bool leak_lost_in_circle(const struct leak_graph *graph, uint32_t place)
{
        const struct leak_lost *lost = &graph->lost[place];

        return graph->members[lost->circle] > 1 && graph->lost[lost->root].circle == lost->circle;
}

#endif
