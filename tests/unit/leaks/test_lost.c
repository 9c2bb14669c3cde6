/* The roots of what was lost, and whom the rest is charged to. */
#include "tests/unit/leaks/heap.h"

enum { BYTES = 2 * sizeof(void *) };

static void **node(void *left, void *right, uint16_t birth)
{
        void **node = live_born(BYTES, birth).start;

        node[0] = left;
        node[1] = right;
        return node;
}

/* Three in a circle, and the earliest of them. */
static void **circle_born(uint16_t birth)
{
        void **third = node(NULL, NULL, (uint16_t)(birth + 2)), **second = node(third, NULL, (uint16_t)(birth + 1));
        void **first = node(second, NULL, birth);

        third[0] = first;
        return first;
}

Test(leak_lost, a_circle_has_one_root_and_it_is_the_earliest)
{
        void **first = circle_born(100), **second = first[0], **third = second[0];
        struct scanned scanned;

        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, first), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, second), FOUND_INDIRECT);
        cr_expect_eq(found(&scanned, third), FOUND_INDIRECT);
        cr_expect_eq(charged_to(&scanned, third), first);
        cr_expect(in_circle(&scanned, first));
        cr_expect(in_circle(&scanned, third));
        scanned_close(&scanned);
}

Test(leak_lost, what_hangs_from_a_circle_is_charged_to_it_without_being_in_it)
{
        void **first = circle_born(100), **leaf = node(NULL, NULL, 50), **alone = node(NULL, NULL, 1);
        struct scanned scanned;

        ((void **)first[0])[1] = leaf;
        alone[0] = alone;
        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, leaf), FOUND_INDIRECT);
        cr_expect_eq(charged_to(&scanned, leaf), first);
        cr_expect_not(in_circle(&scanned, leaf));
        cr_expect_eq(found(&scanned, alone), FOUND_DEFINITE, "a pointer to itself is none");
        cr_expect_not(in_circle(&scanned, alone));
        scanned_close(&scanned);
}

Test(leak_lost, a_circle_that_is_pointed_at_has_no_root)
{
        void **first = circle_born(100), **owner = node(NULL, first, 500);
        struct scanned scanned;

        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, owner), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, first), FOUND_INDIRECT);
        cr_expect_eq(charged_to(&scanned, first), owner);
        cr_expect_not(in_circle(&scanned, first), "it is not the circle of its root");
        scanned_close(&scanned);
}

/* Two circles; one linked to another; two linked both ways: memcheck/tests/leak-cycle. */
Test(leak_lost, the_circles_of_memcheck)
{
        void **circle[6];
        struct scanned scanned;
        unsigned count[5] = {0};

        for (unsigned i = 0; i < 6; i++)
                circle[i] = circle_born((uint16_t)(100 + 10 * i));
        circle[2][1] = circle[3];
        circle[4][1] = circle[5];
        circle[5][1] = circle[4];
        scan(&scanned, NULL, 0);
        for (unsigned i = 0; i < 6; i++) {
                void **block = circle[i];

                do
                        count[found(&scanned, block)]++;
                while ((block = block[0]) != circle[i]);
        }
        cr_expect_eq(count[FOUND_DEFINITE], 4);
        cr_expect_eq(count[FOUND_INDIRECT], 14);
        cr_expect_eq(charged_to(&scanned, circle[3]), circle[2]);
        cr_expect_eq(charged_to(&scanned, circle[5]), circle[4]);
        cr_expect(in_circle(&scanned, circle[5]));
        scanned_close(&scanned);
}

/* Two trees with a branch in common: it is charged to one of them, once. */
Test(leak_lost, a_tree_is_charged_to_its_top_and_a_common_branch_to_one)
{
        void **common = node(node(NULL, NULL, 1), node(NULL, NULL, 1), 1);
        void **top = node(node(NULL, NULL, 1), common, 1), **other = node(common, NULL, 1);
        struct scanned scanned;

        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, top), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, other), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, common), FOUND_INDIRECT);
        cr_expect_eq(found(&scanned, common[1]), FOUND_INDIRECT);
        cr_expect_eq(charged_to(&scanned, top[0]), top);
        cr_expect(charged_to(&scanned, common) == top || charged_to(&scanned, common) == other);
        cr_expect_eq(charged_to(&scanned, common[1]), charged_to(&scanned, common));
        scanned_close(&scanned);
}

static bool counts_not_the_old(uint64_t record)
{
        return (record >> RECORDER_BIRTH_SHIFT & 0xffff) >= 10;
}

Test(leak_lost, what_does_not_count_is_no_root_of_what_does)
{
        void **young = node(NULL, NULL, 10), **old = node(young, NULL, 9);
        const struct leak_roots roots = {.root = NULL};
        struct scanned scanned = {.marked.root_bytes = 0};

        cr_assert(leak_blocks_open(&scanned.blocks, &roots));
        mark(&scanned.blocks, &roots, LEAK_MARK_PLACES, NULL, &scanned.marked);
        cr_assert(leak_graph_open(&scanned.graph, &scanned.blocks, counts_not_the_old));
        cr_expect_eq(found(&scanned, young), FOUND_DEFINITE);
        cr_expect_eq(scanned.graph.place[number_of(&scanned, old)], 0);
        scanned_close(&scanned);
}
