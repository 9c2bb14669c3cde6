/* The graph is never built: the edges of a block are the words in it, looked up anew each time. */
#include "preload/leaks/lost.h"

#include "preload/leaks/pages.h"

/* A block whose edges are being followed. */
struct walk {
        uint32_t place;
        uint32_t order; /* in which it was found */
        uintptr_t at;   /* the next word */
};

/* For both passes: blocks under way, the innermost last. */
struct stack {
        struct walk *walk;
        size_t depth, bytes;
};

static bool is_lost(const struct leak_blocks *blocks, uint32_t number)
{
        return (blocks->state[number] & (LEAK_LIVE | LEAK_REACHED | LEAK_POSSIBLE)) == LEAK_LIVE;
}

/* Calls it lost: how many of them count, and, with room for them, which. */
static uint32_t lost_list(const struct leak_graph *graph, bool (*counts)(uint64_t record))
{
        const struct leak_blocks *blocks = graph->blocks;
        uint32_t place = 1;

        for (uint32_t number = 1; number < blocks->slab_count; number++) {
                const struct leak_slab *slab = &blocks->slab[number];

                for (uint32_t i = 0; i < slab->blocks; i++) {
                        if (!is_lost(blocks, slab->first + i) || !counts(leak_block_record(slab, i)))
                                continue;
                        if (graph->lost) {
                                graph->lost[place] = (struct leak_lost){.slab = number, .index = i};
                                graph->place[slab->first + i] = place;
                        }
                        place++;
                }
        }
        return place;
}

static uintptr_t start_of(const struct leak_graph *graph, uint32_t place)
{
        const struct leak_lost *lost = &graph->lost[place];

        return leak_block_start(&graph->blocks->slab[lost->slab], lost->index);
}

static uintptr_t end_of(const struct leak_graph *graph, uint32_t place)
{
        const struct leak_lost *lost = &graph->lost[place];
        const struct leak_slab *slab = &graph->blocks->slab[lost->slab];

        return leak_block_start(slab, lost->index) + leak_block_bytes(slab, lost->index);
}

/* The place of the lost block that a word points to, or into; 0: to none. */
static uint32_t place_of(const struct leak_graph *graph, uintptr_t word)
{
        uint32_t index, number = leak_blocks_find(graph->blocks, word, &index), place;
        const struct leak_slab *slab = &graph->blocks->slab[number];

        if (!number)
                return 0;
        place = graph->place[slab->first + index];
        if (place && word != leak_block_start(slab, index) &&
            word - leak_block_start(slab, index) >= leak_block_bytes(slab, index))
                place = 0;
        return place;
}

/* The next other lost block that this one points to; 0: that was all. */
__attribute__((no_sanitize("address", "thread"))) static uint32_t next_edge(const struct leak_graph *graph,
                                                                            struct walk *walk)
{
        uintptr_t end = end_of(graph, walk->place);
        struct leak_piece piece;

        while (leak_blocks_readable(graph->blocks, walk->at, end, &piece)) {
                for (walk->at = piece.start; walk->at + sizeof(uintptr_t) <= piece.end;) {
                        uint32_t place = place_of(graph, *(const uintptr_t *)walk->at);

                        walk->at += sizeof(uintptr_t);
                        if (place && place != walk->place)
                                return place;
                }
                if (piece.end == end)
                        break;
                walk->at = piece.end;
        }
        return 0;
}

static struct walk *walk_push(const struct leak_graph *graph, struct stack *stack, uint32_t place)
{
        struct walk *walk = &stack->walk[stack->depth++];

        *walk = (struct walk){.place = place, .at = start_of(graph, place)};
        return walk;
}

/* --- strongly connected components ------------------------------------------------------------------------------- */

/* Tarjan's algorithm. Its second stack, of blocks whose component is not known yet, is a list through `root`, which has
 * no other use until then. */
struct search {
        struct stack stack;
        uint32_t order; /* of the block found last */
        uint32_t open;  /* the latest of the list */
};

static void find(struct leak_graph *graph, struct search *search, uint32_t place)
{
        walk_push(graph, &search->stack, place)->order = ++search->order;
        graph->lost[place].low = search->order;
        graph->lost[place].root = search->open;
        search->open = place;
}

/* All that was found since and including `place` is one component. */
static void circle_close(struct leak_graph *graph, struct search *search, uint32_t place)
{
        uint32_t circle = graph->circles++, member;

        do {
                member = search->open;
                search->open = graph->lost[member].root;
                graph->lost[member].circle = circle;
                graph->members[circle]++;
        } while (member != place);
}

static void lower(struct leak_lost *lost, uint32_t low)
{
        if (low < lost->low)
                lost->low = low;
}

static void search_from(struct leak_graph *graph, struct search *search, uint32_t place)
{
        find(graph, search, place);
        while (search->stack.depth) {
                struct walk *walk = &search->stack.walk[search->stack.depth - 1];
                struct leak_lost *lost = &graph->lost[walk->place];
                uint32_t next = next_edge(graph, walk);

                if (next && !graph->lost[next].low) {
                        find(graph, search, next);
                } else if (next) {
                        if (!graph->lost[next].circle)
                                lower(lost, graph->lost[next].low);
                } else {
                        search->stack.depth--;
                        if (lost->low == walk->order)
                                circle_close(graph, search, walk->place);
                        if (search->stack.depth)
                                lower(&graph->lost[walk[-1].place], lost->low);
                }
        }
}

/* --- roots ------------------------------------------------------------------------------------------------------- */

static uint64_t birth_of(const struct leak_graph *graph, uint32_t place)
{
        const struct leak_lost *lost = &graph->lost[place];

        return leak_block_record(&graph->blocks->slab[lost->slab], lost->index) >> RECORDER_BIRTH_SHIFT & 0xffff;
}

enum { ENTERED = UINT32_MAX }; /* in `root` of a component: something points into it from outside */

static void components_enter(struct leak_graph *graph)
{
        for (uint32_t place = 1; place < graph->count; place++) {
                struct walk walk = {.place = place, .at = start_of(graph, place)};
                uint32_t next;

                while ((next = next_edge(graph, &walk)))
                        if (graph->lost[next].circle != graph->lost[place].circle)
                                graph->root[graph->lost[next].circle] = ENTERED;
        }
}

/* Of each component that nothing points into, the block born first is the root; of several, that of the lowest place.
 */
static void roots_choose(struct leak_graph *graph)
{
        for (uint32_t place = 1; place < graph->count; place++) {
                uint32_t *root = &graph->root[graph->lost[place].circle];

                graph->lost[place].root = 0;
                if (*root != ENTERED && (!*root || birth_of(graph, place) < birth_of(graph, *root)))
                        *root = place;
        }
}

/* All that can be reached from a root, and from none before it, is charged to it. */
static void charge(struct leak_graph *graph, struct stack *stack, uint32_t root)
{
        graph->lost[root].root = root;
        walk_push(graph, stack, root);
        while (stack->depth) {
                struct walk *walk = &stack->walk[stack->depth - 1];
                uint32_t next = next_edge(graph, walk);

                if (!next) {
                        stack->depth--;
                } else if (!graph->lost[next].root) {
                        graph->lost[next].root = root;
                        walk_push(graph, stack, next);
                }
        }
}

/* ----------------------------------------------------------------------------------------------------------------- */

static bool graph_map(struct leak_graph *graph)
{
        graph->lost = pages_map(graph->count * sizeof *graph->lost);
        graph->place = pages_map((size_t)graph->blocks->block_count * sizeof *graph->place);
        graph->root = pages_map((graph->count + 1) * sizeof *graph->root);
        graph->members = pages_map((graph->count + 1) * sizeof *graph->members);
        return graph->lost && graph->place && graph->root && graph->members;
}

static bool graph_solve(struct leak_graph *graph)
{
        struct search search = {.stack.bytes = graph->count * sizeof *search.stack.walk};

        search.stack.walk = pages_map(search.stack.bytes);
        if (!search.stack.walk)
                return false;
        for (uint32_t place = 1; place < graph->count; place++)
                if (!graph->lost[place].low)
                        search_from(graph, &search, place);
        components_enter(graph);
        roots_choose(graph);
        for (uint32_t place = 1; place < graph->count; place++)
                if (graph->root[graph->lost[place].circle] == place)
                        charge(graph, &search.stack, place);
        pages_unmap(search.stack.walk, search.stack.bytes);
        return true;
}

bool leak_graph_open(struct leak_graph *graph, struct leak_blocks *blocks, bool (*counts)(uint64_t record))
{
        graph->blocks = blocks;
        graph->circles = 1;
        graph->count = lost_list(graph, counts);
        if (graph->count == 1)
                return true;
        if (!graph_map(graph))
                return false;
        lost_list(graph, counts);
        return graph_solve(graph);
}

void leak_graph_close(struct leak_graph *graph)
{
        pages_unmap(graph->lost, graph->count * sizeof *graph->lost);
        pages_unmap(graph->place, (size_t)graph->blocks->block_count * sizeof *graph->place);
        pages_unmap(graph->root, (graph->count + 1) * sizeof *graph->root);
        pages_unmap(graph->members, (graph->count + 1) * sizeof *graph->members);
}
