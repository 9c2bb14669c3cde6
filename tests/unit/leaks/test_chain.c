/* Who points at a block, from the root on. */
#include "tests/unit/leaks/heap.h"

#include "preload/leaks/chain.h"

struct chained {
        struct leak_blocks blocks;
        struct leak_marked marked;
        uintptr_t from[1 << 16];
};
static struct chained chained;

static void *live_at(size_t size, uint32_t stack)
{
        struct block block = live_born(size, 1);

        atomic_fetch_or(block.side, stack);
        return block.start;
}

static void chain_of(const struct leak_roots *roots, const void *block, struct wire_leak_chain *chain)
{
        uint32_t index, slab;

        memset(&chained, 0, sizeof chained);
        cr_assert(leak_blocks_open(&chained.blocks, roots));
        cr_assert_lt(chained.blocks.block_count, sizeof chained.from / sizeof *chained.from);
        mark(&chained.blocks, roots, LEAK_MARK_PLACES, chained.from, &chained.marked);
        slab = leak_blocks_find(&chained.blocks, (uintptr_t)block, &index);
        cr_assert(slab);
        leak_chain(&chained.blocks, roots, chained.from, slab, index, chain);
        leak_blocks_close(&chained.blocks);
}

Test(leak_chain, leads_from_the_root_by_the_shortest_way)
{
        void **outer = live_at(80, 11), **inner = live_at(48, 22), **detour = live_at(48, 44), *last = live_at(32, 33);
        void *data[4] = {NULL, NULL, outer, NULL};
        struct leak_root range[2] = {{(uintptr_t)&range, (uintptr_t)&range, LEAK_ROOT_STACK, 7},
                                     {(uintptr_t)data, (uintptr_t)(data + 4), LEAK_ROOT_TLS, 42}};
        const struct leak_roots roots = {.root = range, .count = 2};
        struct wire_leak_chain chain = {.count = 0};

        outer[1] = detour;
        outer[3] = inner;
        inner[2] = last;
        detour[0] = inner;
        chain_of(&roots, last, &chain);
        cr_assert_eq(chain.count, 4);
        cr_expect_eq(chain.stack, 33);
        cr_expect_eq(chain.link[0].kind, WIRE_LINK_TLS);
        cr_expect_eq(chain.link[0].stack, 42);
        cr_expect_eq(chain.link[0].value, (uintptr_t)&data[2]);
        cr_expect_eq(chain.link[1].kind, WIRE_LINK_BLOCK);
        cr_expect_eq(chain.link[1].stack, 11);
        cr_expect_eq(chain.link[1].value, 80);
        cr_expect_eq(chain.link[1].offset, 24);
        cr_expect_eq(chain.link[2].stack, 22);
        cr_expect_eq(chain.link[2].offset, 16);
        cr_expect_eq(chain.link[3].stack, 33);
        cr_expect_eq(chain.link[3].value, 32);
}

Test(leak_chain, a_long_one_is_cut_in_the_middle)
{
        enum { LENGTH = 100 };
        void **block[LENGTH], *root;
        struct leak_root range = {(uintptr_t)&root, (uintptr_t)(&root + 1), LEAK_ROOT_DATA, 0};
        const struct leak_roots roots = {.root = &range, .count = 1};
        struct wire_leak_chain chain = {.count = 0};

        for (unsigned i = 0; i < LENGTH; i++) {
                block[i] = live_at(16, 1000 + i);
                if (i)
                        block[i - 1][1] = block[i];
        }
        root = block[0];
        for (unsigned length = 1; length <= LENGTH; length++) {
                uint64_t blocks = 0;

                chain_of(&roots, block[length - 1], &chain);
                cr_assert_eq(chain.count, length < WIRE_LINKS_MAX ? length + 1 : WIRE_LINKS_MAX);
                cr_expect_eq(chain.link[0].value, (uintptr_t)&root);
                cr_expect_eq(chain.link[1].stack, 1000);
                cr_expect_eq(chain.link[chain.count - 1].stack, 1000 + length - 1);
                for (unsigned i = 1; i < chain.count; i++) {
                        if (chain.link[i].kind == WIRE_LINK_CUT)
                                blocks += chain.link[i].value;
                        else
                                cr_assert_eq(chain.link[i].stack, 1000 + blocks++, "%u: link %u", length, i);
                }
                cr_assert_eq(blocks, length);
        }
}
