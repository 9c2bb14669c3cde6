/* Encoded links: blocks come and go as without, and a forged link leads nowhere. */
#include "tests/unit/alloc/held.h"

#include <string.h>

enum { BLOCKS = 3000 };

static void open_links(void)
{
        slab_link_key = UINT64_C(0x123456789abcdef1);
}

TestSuite(links, .init = open_links);

Test(links, blocks_come_and_go_as_without)
{
        struct heap *heap = heap_create(true), *other = heap_create(true);
        static struct block block[BLOCKS];

        for (unsigned round = 0; round < 5; round++) {
                for (unsigned i = 0; i < BLOCKS; i++) {
                        block[i] = hold(heap, i % 500, 16, i + 1);
                        memset(block[i].start, 0xff, block[i].usable);
                }
                for (unsigned i = 0; i < BLOCKS; i++)
                        let_go(i % 3 ? heap : other, block[i]); /* a third of them remotely */
        }
        cr_expect_null(atomic_load(&slab_link_broken));
}

Test(links, of_plain_heaps_are_left_alone)
{
        struct heap *heap = heap_create(false);
        struct block first = hold(heap, 100, 16, 0), second = hold(heap, 100, 16, 0);
        void *link;

        let_go(heap, first);
        let_go(heap, second);
        memcpy(&link, second.start, sizeof link);
        cr_expect_eq(link, first.start);
}

Test(links, a_forged_link_ends_the_list_and_is_noticed)
{
        struct heap *heap = heap_create(true);
        static char elsewhere[100];
        void *forged[] = {elsewhere, (void *)0x10, NULL, (void *)~0ul};

        for (unsigned i = 0; i < sizeof forged / sizeof *forged; i++) {
                struct block block[3] = {hold(heap, 100, 16, 1), hold(heap, 100, 16, 1), hold(heap, 100, 16, 1)};
                struct block again;
                void *link;

                for (unsigned j = 0; j < 3; j++)
                        let_go(heap, block[j]);
                memcpy(&link, block[2].start, sizeof link);
                cr_expect_neq(link, block[1].start);
                memcpy(block[2].start, &forged[i], sizeof forged[i]);
                again = hold(heap, 100, 16, 1);
                cr_expect_eq(again.start, block[2].start);
                cr_expect_eq(atomic_exchange(&slab_link_broken, NULL), block[2].start);
                for (unsigned j = 0; j < 1000; j++) {
                        again = hold(heap, 100, 16, 1);
                        cr_assert_neq(again.start, forged[i]);
                        cr_assert_neq(again.start, block[1].start, "it is lost with the list");
                }
        }
}

Test(links, a_link_copied_from_another_block_is_none)
{
        struct heap *heap = heap_create(true);
        struct block block[3] = {hold(heap, 100, 16, 1), hold(heap, 100, 16, 1), hold(heap, 100, 16, 1)};

        for (unsigned i = 0; i < 3; i++)
                let_go(heap, block[i]);
        memcpy(block[2].start, block[1].start, sizeof(void *));
        hold(heap, 100, 16, 1);
        cr_expect_eq(atomic_load(&slab_link_broken), block[2].start);
}
