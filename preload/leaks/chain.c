#include "preload/leaks/chain.h"

enum {
        OUTER_LINKS = 7,                                /* kept at the root's end of a long chain, with the root */
        INNER_LINKS = WIRE_LINKS_MAX - 1 - OUTER_LINKS, /* kept at the block's end; between them stands a cut */
};

/* A block on the way: the pointer to the next lies at `pointer` in it. */
struct step {
        uint32_t slab, index;
        uintptr_t pointer; /* 0: the last, to which it all leads */
};

static uint32_t number_of(const struct leak_blocks *blocks, const struct step *step)
{
        return blocks->slab[step->slab].first + step->index;
}

/* One link towards the root. False: the block is held by a root, at from[number]. */
static bool step_outward(const struct leak_blocks *blocks, const uintptr_t *from, struct step *step)
{
        uintptr_t pointer = from[number_of(blocks, step)];
        struct step outer = {.pointer = pointer};

        outer.slab = leak_blocks_find(blocks, pointer, &outer.index);
        /* Pointers also lie in slabs of which nobody knows what in them is in use. */
        if (!pointer || !outer.slab || !blocks->slab[outer.slab].side || !from[number_of(blocks, &outer)])
                return false;
        *step = outer;
        return true;
}

static struct wire_link link_of_block(const struct leak_blocks *blocks, const struct step *step)
{
        const struct leak_slab *slab = &blocks->slab[step->slab];

        return (struct wire_link){
                .kind = WIRE_LINK_BLOCK,
                .stack = (uint32_t)leak_block_record(slab, step->index),
                .value = leak_block_bytes(slab, step->index),
                .offset = step->pointer ? step->pointer - leak_block_start(slab, step->index) : 0,
        };
}

static struct wire_link link_of_root(const struct leak_roots *roots, uintptr_t pointer)
{
        static const uint8_t kinds[] = {
                [LEAK_ROOT_DATA] = WIRE_LINK_DATA,       [LEAK_ROOT_STACK] = WIRE_LINK_STACK,
                [LEAK_ROOT_TLS] = WIRE_LINK_TLS,         [LEAK_ROOT_REGISTERS] = WIRE_LINK_REGISTER,
                [LEAK_ROOT_MAPPING] = WIRE_LINK_MAPPING,
        };
        struct wire_link link = {.kind = WIRE_LINK_MAPPING, .value = pointer};

        for (size_t i = 0; i < roots->count; i++) {
                const struct leak_root *root = &roots->root[i];

                if (root->kind >= LEAK_ROOT_KEPT || pointer - root->start >= root->end - root->start)
                        continue;
                link.kind = kinds[root->kind];
                link.stack = root->tid;
                break;
        }
        return link;
}

void leak_chain(const struct leak_blocks *blocks, const struct leak_roots *roots, const uintptr_t *from, uint32_t slab,
                uint32_t index, struct wire_leak_chain *chain)
{
        struct step last = {.slab = slab, .index = index}, step = last;
        uint32_t length = 2, place; /* with the root and the last block */
        uintptr_t root;

        while (step_outward(blocks, from, &step))
                length++;
        root = from[number_of(blocks, &step)];
        chain->stack = (uint32_t)leak_block_record(&blocks->slab[slab], index);
        chain->count = length < WIRE_LINKS_MAX ? length : WIRE_LINKS_MAX;
        chain->link[0] = link_of_root(roots, root);
        step = last;
        place = length;
        do {
                place--;
                if (length <= WIRE_LINKS_MAX || place < OUTER_LINKS)
                        chain->link[place] = link_of_block(blocks, &step);
                else if (place >= length - INNER_LINKS)
                        chain->link[place - (length - WIRE_LINKS_MAX)] = link_of_block(blocks, &step);
        } while (step_outward(blocks, from, &step));
        if (length > WIRE_LINKS_MAX)
                chain->link[OUTER_LINKS] =
                        (struct wire_link){.kind = WIRE_LINK_CUT, .value = length - (WIRE_LINKS_MAX - 1)};
}
