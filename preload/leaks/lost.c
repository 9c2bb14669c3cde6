/* First the edges are listed: the words of all lost blocks in the order of the blocks, looked up in batches as in
 * mark.c. */
#define _GNU_SOURCE
#include "preload/leaks/lost.h"

#include "preload/leaks/pages.h"

enum { BATCH = 256, EDGES_FIRST = 1 << 14, PREFETCHED = 8 };

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

/* --- edges ------------------------------------------------------------------------------------------------------- */

/* A word that may point to a lost block, and then what it points to. */
struct candidate {
        uintptr_t word;
        uint32_t from; /* place */
        uint32_t slab, index;
};

struct edges {
        struct leak_graph *graph;
        uint32_t begun; /* the last place whose first edge is known */
        size_t count;
        struct candidate candidate[BATCH];
};

static bool edge_add(struct leak_graph *graph, uint32_t to)
{
        if (graph->edge_count == UINT32_MAX)
                return false;
        if (graph->edge_count * sizeof *graph->edge == graph->edge_bytes) {
                void *more = mremap(graph->edge, graph->edge_bytes, graph->edge_bytes * 2, MREMAP_MAYMOVE);

                if (more == MAP_FAILED)
                        return false;
                graph->edge = more;
                graph->edge_bytes *= 2;
        }
        graph->edge[graph->edge_count++] = to;
        return true;
}

/* The place of the lost block that a candidate points to, or into; 0: to none, or to the block that it lies in. */
static uint32_t target_of(const struct leak_graph *graph, const struct candidate *candidate)
{
        const struct leak_slab *slab = &graph->blocks->slab[candidate->slab];
        uint32_t place = candidate->slab ? graph->place[slab->first + candidate->index] : 0;
        uintptr_t start = leak_block_start(slab, candidate->index);

        if (place == candidate->from ||
            (place && candidate->word != start && candidate->word - start >= leak_block_bytes(slab, candidate->index)))
                place = 0;
        return place;
}

static void edges_begin(struct edges *edges, uint32_t place)
{
        while (edges->begun < place)
                edges->graph->lost[++edges->begun].first = edges->graph->edge_count;
}

static bool edges_flush(struct edges *edges)
{
        const struct leak_graph *graph = edges->graph;

        for (size_t i = 0; i < edges->count; i++) {
                struct candidate *candidate = &edges->candidate[i];

                candidate->slab = leak_blocks_find(graph->blocks, candidate->word, &candidate->index);
                __builtin_prefetch(&graph->place[graph->blocks->slab[candidate->slab].first + candidate->index]);
        }
        for (size_t i = 0; i < edges->count; i++) {
                uint32_t to = target_of(graph, &edges->candidate[i]);

                edges_begin(edges, edges->candidate[i].from);
                if (to && !edge_add(edges->graph, to))
                        return false;
        }
        edges->count = 0;
        return true;
}

static bool is_candidate(const struct leak_blocks *blocks, uintptr_t word)
{
        return word - blocks->low < blocks->span || word - blocks->guard_low < blocks->guard_high - blocks->guard_low;
}

__attribute__((no_sanitize("address", "thread"))) static bool piece_list(struct edges *edges, uint32_t from,
                                                                         const struct leak_piece *piece)
{
        for (uintptr_t at = piece->start; at + sizeof(uintptr_t) <= piece->end; at += sizeof(uintptr_t)) {
                uintptr_t word = *(const uintptr_t *)at;

                if (!is_candidate(edges->graph->blocks, word))
                        continue;
                if (edges->count == BATCH && !edges_flush(edges))
                        return false;
                edges->candidate[edges->count++] = (struct candidate){.word = word, .from = from};
        }
        return true;
}

static bool edges_of(struct edges *edges, uint32_t place)
{
        struct leak_graph *graph = edges->graph;
        const struct leak_lost *lost = &graph->lost[place];
        const struct leak_slab *slab = &graph->blocks->slab[lost->slab];
        uintptr_t at = leak_block_start(slab, lost->index), end = at + leak_block_bytes(slab, lost->index);
        struct leak_piece piece;

        for (; leak_blocks_readable(graph->blocks, at, end, &piece); at = piece.end)
                if (!piece_list(edges, place, &piece))
                        return false;
        return true;
}

static bool edges_list(struct leak_graph *graph)
{
        struct edges *edges = pages_map(sizeof *edges);
        bool done = edges != NULL;

        if (edges)
                edges->graph = graph;
        for (uint32_t place = 1; done && place < graph->count; place++)
                done = edges_of(edges, place);
        done = done && edges_flush(edges);
        if (done)
                edges_begin(edges, graph->count);
        pages_unmap(edges, sizeof *edges);
        return done;
}

/* --- going along them -------------------------------------------------------------------------------------------- */

/* A block whose edges are being followed. */
struct walk {
        uint32_t place;
        uint32_t order; /* in which it was found */
        uint32_t edge;  /* the next */
};

/* For both passes: blocks under way, the innermost last. */
struct stack {
        struct walk *walk;
        size_t depth, bytes;
};

/* The next block that this one points to; 0: that was all. */
static uint32_t next_edge(const struct leak_graph *graph, struct walk *walk)
{
        return walk->edge < graph->lost[walk->place + 1].first ? graph->edge[walk->edge++] : 0;
}

/* What will be looked at next is fetched. */
static struct walk *walk_push(const struct leak_graph *graph, struct stack *stack, uint32_t place)
{
        struct walk *walk = &stack->walk[stack->depth++];
        uint32_t first = graph->lost[place].first, end = graph->lost[place + 1].first;

        *walk = (struct walk){.place = place, .edge = first};
        for (uint32_t edge = first; edge < end && edge < first + PREFETCHED; edge++)
                __builtin_prefetch(&graph->lost[graph->edge[edge]]);
        return walk;
}

/* --- strongly connected components ------------------------------------------------------------------------------- */

/* Tarjan's algorithm. */
struct search {
        struct stack stack;
        uint32_t order; /* of the block found last */
        uint32_t *open; /* places whose component is not known yet, the latest last */
        size_t open_count;
};

static void find(struct leak_graph *graph, struct search *search, uint32_t place)
{
        walk_push(graph, &search->stack, place)->order = ++search->order;
        graph->lost[place].low = search->order;
        search->open[search->open_count++] = place;
}

/* All that was found since and including `place` is one component. */
static void circle_close(struct leak_graph *graph, struct search *search, uint32_t place)
{
        uint32_t circle = graph->circles++, member;

        do {
                member = search->open[--search->open_count];
                if (search->open_count >= PREFETCHED)
                        __builtin_prefetch(&graph->lost[search->open[search->open_count - PREFETCHED]]);
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
        for (uint32_t place = 1; place < graph->count; place++)
                for (uint32_t edge = graph->lost[place].first; edge < graph->lost[place + 1].first; edge++) {
                        const struct leak_lost *next = &graph->lost[graph->edge[edge]];

                        if (edge + PREFETCHED < graph->edge_count)
                                __builtin_prefetch(&graph->lost[graph->edge[edge + PREFETCHED]]);
                        if (next->circle != graph->lost[place].circle)
                                graph->root[next->circle] = ENTERED;
                }
}

/* Of each component that nothing points into, the block born first is the root; of several, that of the lowest place.
 */
static void roots_choose(struct leak_graph *graph)
{
        for (uint32_t place = 1; place < graph->count; place++) {
                uint32_t *root = &graph->root[graph->lost[place].circle];

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
        graph->edge_bytes = EDGES_FIRST * sizeof *graph->edge;
        graph->edge = pages_map(graph->edge_bytes);
        graph->lost = pages_map((graph->count + 1) * sizeof *graph->lost);
        graph->place = pages_map((size_t)graph->blocks->block_count * sizeof *graph->place);
        graph->root = pages_map((graph->count + 1) * sizeof *graph->root);
        graph->members = pages_map((graph->count + 1) * sizeof *graph->members);
        return graph->edge && graph->lost && graph->place && graph->root && graph->members;
}

static bool graph_solve(struct leak_graph *graph)
{
        struct search search = {.stack.bytes = graph->count * sizeof *search.stack.walk};
        size_t open_bytes = graph->count * sizeof *search.open;

        search.stack.walk = pages_map(search.stack.bytes);
        search.open = pages_map(open_bytes);
        if (search.stack.walk && search.open) {
                for (uint32_t place = 1; place < graph->count; place++)
                        if (!graph->lost[place].low)
                                search_from(graph, &search, place);
                components_enter(graph);
                roots_choose(graph);
                for (uint32_t place = 1; place < graph->count; place++)
                        if (graph->root[graph->lost[place].circle] == place)
                                charge(graph, &search.stack, place);
        }
        pages_unmap(search.stack.walk, search.stack.bytes);
        pages_unmap(search.open, open_bytes);
        return search.stack.walk && search.open;
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
        return edges_list(graph) && graph_solve(graph);
}

void leak_graph_close(struct leak_graph *graph)
{
        pages_unmap(graph->edge, graph->edge_bytes);
        pages_unmap(graph->lost, (graph->count + 1) * sizeof *graph->lost);
        pages_unmap(graph->place, (size_t)graph->blocks->block_count * sizeof *graph->place);
        pages_unmap(graph->root, (graph->count + 1) * sizeof *graph->root);
        pages_unmap(graph->members, (graph->count + 1) * sizeof *graph->members);
}
