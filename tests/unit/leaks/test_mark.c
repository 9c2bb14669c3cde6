/* Known answers: what is reached, what is possibly lost, and what memcheck's heuristics explain. */
#include "tests/unit/leaks/heap.h"

#include "preload/record/modules.h"

static void **at(void *block, size_t offset)
{
        return (void **)((char *)block + offset);
}

Test(leak_mark, the_nine_cases_of_memcheck)
{
        void *root[16] = {0}, *a[10], *b[10];
        struct scanned scanned;
        unsigned count[5] = {0};

        for (unsigned i = 1; i < 10; i++) {
                a[i] = i == 2 || i == 4 || i > 5 ? live(16) : NULL;
                b[i] = live(16);
        }
        root[1] = b[1];
        root[2] = a[2], *at(a[2], 0) = b[2];
        *at(a[4], 0) = b[4];
        root[5] = at(b[5], 8);
        root[6] = at(a[6], 8), *at(a[6], 0) = b[6];
        root[7] = a[7], *at(a[7], 0) = at(b[7], 8);
        root[8] = at(a[8], 8), *at(a[8], 0) = at(b[8], 8);
        *at(a[9], 0) = at(b[9], 8);
        scan(&scanned, root, sizeof root);
        for (unsigned i = 1; i < 10; i++) {
                count[found(&scanned, b[i])]++;
                if (a[i])
                        count[found(&scanned, a[i])]++;
        }
        cr_expect_eq(count[FOUND_REACHED], 4);
        cr_expect_eq(count[FOUND_POSSIBLE], 6);
        cr_expect_eq(count[FOUND_DEFINITE], 3);
        cr_expect_eq(count[FOUND_INDIRECT], 2);
        cr_expect_eq(found(&scanned, b[7]), FOUND_POSSIBLE);
        cr_expect_eq(charged_to(&scanned, b[9]), a[9]);
        scanned_close(&scanned);
}

Test(leak_mark, a_start_pointer_makes_good_for_a_pointer_into_the_block_whatever_comes_first)
{
        void *block = live(64), *child = live(64), *late = live(64), *holder = live(64);
        void *root[3] = {at(block, 32), at(late, 32), holder};
        struct scanned scanned;

        *at(block, 0) = child;
        *at(holder, 0) = block;
        *at(late, 0) = late; /* to itself, which is no way to it */
        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, block), FOUND_REACHED);
        cr_expect_eq(found(&scanned, child), FOUND_REACHED);
        cr_expect_eq(found(&scanned, late), FOUND_POSSIBLE);
        scanned_close(&scanned);
}

Test(leak_mark, only_what_was_asked_for_is_looked_at)
{
        void *block = live(40), *in_slack = live(40), *last = live(40), *past = live(40), *empty = live(0);
        void *root[3] = {block, at(past, 40), empty};
        struct scanned scanned;

        *at(block, 32) = last;
        *at(block, 40) = in_slack;
        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, last), FOUND_REACHED);
        cr_expect_eq(found(&scanned, in_slack), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, past), FOUND_DEFINITE, "a pointer to its end is none into it");
        cr_expect_eq(found(&scanned, empty), FOUND_REACHED, "a block of no bytes has a start");
        scanned_close(&scanned);
}

Test(leak_mark, words_across_the_ends_of_a_root_do_not_count)
{
        void *block[3] = {live(20), live(20), live(20)};
        char root[3 * sizeof(void *)] __attribute__((aligned(8)));
        struct scanned scanned;

        memcpy(root, block, sizeof root);
        scan(&scanned, root + 4, sizeof root - 8);
        cr_expect_eq(found(&scanned, block[0]), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, block[1]), FOUND_REACHED);
        cr_expect_eq(found(&scanned, block[2]), FOUND_DEFINITE);
        scanned_close(&scanned);
}

Test(leak_mark, what_freed_blocks_hold_is_lost)
{
        void *freed = live(64), *child = live(64), *root = freed;
        struct scanned scanned;

        *at(freed, 16) = child;
        release(freed);
        *at(freed, 16) = child;
        scan(&scanned, &root, sizeof root);
        cr_expect_eq(found(&scanned, child), FOUND_DEFINITE);
        scanned_close(&scanned);
}

Test(leak_mark, strings_that_count_their_owners_are_explained)
{
        uintptr_t *string = live(3 * 8 + 40 + 1), *other = live(3 * 8 + 40 + 1), *longer = live(3 * 8 + 40 + 1);
        void *root[] = {string + 3, other + 3, longer + 3};
        struct scanned scanned;

        string[0] = 17, string[1] = 40;
        other[0] = 17, other[1] = 41;
        longer[0] = 41, longer[1] = 40;
        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, string), FOUND_EXPLAINED);
        cr_expect_eq(found(&scanned, other), FOUND_POSSIBLE);
        cr_expect_eq(found(&scanned, longer), FOUND_POSSIBLE);
        scanned_close(&scanned);
}

Test(leak_mark, blocks_that_begin_with_their_length_are_explained)
{
        uintptr_t *sized = live(8 + 51), *array = live(8 + 5 * 12), *odd = live(8 + 5 * 12), *none = live(8),
                  *one = live(8);
        void *root[] = {sized + 1, array + 1, odd + 1, none + 1, one + 1, array + 2};
        struct scanned scanned;

        *sized = 51;
        *array = 5;
        *odd = 7;
        *one = 1;
        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, sized), FOUND_EXPLAINED, "length64");
        cr_expect_eq(found(&scanned, array), FOUND_EXPLAINED, "newarray");
        cr_expect_eq(found(&scanned, odd), FOUND_POSSIBLE);
        cr_expect_eq(found(&scanned, none), FOUND_EXPLAINED, "new T[0]: the pointer is to its end");
        cr_expect_eq(found(&scanned, one), FOUND_DEFINITE);
        scanned_close(&scanned);
}

static void virtual_function(void)
{
}

/* As a compiler lays them out. */
static void (*const table[])(void) = {virtual_function, virtual_function, virtual_function};
static void *const no_table[] = {(void *)table, (void *)table};

Test(leak_mark, further_base_classes_are_explained)
{
        const void **object = live(64), **plain = live(64), **half = live(64);
        void *root[] = {object + 3, plain + 3, half + 3};
        struct scanned scanned;

        cr_assert(modules_open(""));
        object[0] = object[3] = table;
        plain[0] = table, plain[3] = no_table;
        half[0] = NULL, half[3] = table;
        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, object), FOUND_EXPLAINED);
        cr_expect_eq(found(&scanned, plain), FOUND_POSSIBLE);
        cr_expect_eq(found(&scanned, half), FOUND_POSSIBLE);
        scanned_close(&scanned);
}

Test(leak_mark, what_an_explained_block_holds_is_reached_and_a_start_pointer_needs_no_explanation)
{
        uintptr_t *array = live(8 + 64), *other = live(8 + 64);
        void *child = live(16), *root[] = {array + 1, other + 1, other};
        struct scanned scanned;

        *array = *other = 4;
        *at(array, 24) = child;
        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, array), FOUND_EXPLAINED);
        cr_expect_eq(found(&scanned, other), FOUND_REACHED);
        cr_expect_eq(found(&scanned, child), FOUND_REACHED);
        scanned_close(&scanned);
}

/* Blocks of pointers to blocks of pointers: more at once than the list has places for. */
Test(leak_mark, a_list_that_is_too_short_loses_nothing)
{
        enum { WIDE = 300, DEEP = 20 };
        static void **block[WIDE][DEEP];
        void *root = live(WIDE * sizeof(void *)), *lost = live(16);
        struct scanned scanned;

        for (unsigned i = 0; i < WIDE; i++) {
                for (unsigned k = 0; k < DEEP; k++)
                        block[i][k] = live(DEEP * sizeof(void *));
                for (unsigned k = 1; k < DEEP; k++)
                        block[i][0][k] = block[i][k];
                ((void **)root)[i] = i % 2 ? (void *)block[i][0] : at(block[i][0], 16);
        }
        scan_places(&scanned, &root, sizeof root, 16);
        for (unsigned i = 0; i < WIDE; i++)
                for (unsigned k = 0; k < DEEP; k++)
                        cr_assert_eq(found(&scanned, block[i][k]), i % 2 ? FOUND_REACHED : FOUND_POSSIBLE, "%u %u", i,
                                     k);
        cr_expect_eq(found(&scanned, lost), FOUND_DEFINITE);
        scanned_close(&scanned);
}

Test(leak_mark, a_long_chain_needs_no_stack)
{
        enum { LENGTH = 300000 };
        void *first = live(24), *last = first;
        struct scanned scanned;

        for (unsigned i = 1; i < LENGTH; i++) {
                void *next = live(24);

                *at(last, 8) = next;
                last = next;
        }
        scan(&scanned, &first, sizeof first);
        cr_expect_eq(found(&scanned, last), FOUND_REACHED);
        cr_expect_eq(scanned.marked.heap_bytes, LENGTH * 24u);
        scanned_close(&scanned);
        scan(&scanned, NULL, 0);
        cr_expect_eq(found(&scanned, first), FOUND_DEFINITE);
        cr_expect_eq(charged_to(&scanned, last), first);
        scanned_close(&scanned);
}

Test(leak_mark, the_nodes_of_tsearch_are_explained)
{
        void *node = live(24), *other = live(25), *root[] = {at(node, 1), at(other, 1)};
        struct scanned scanned;

        scan(&scanned, root, sizeof root);
        cr_expect_eq(found(&scanned, node), FOUND_EXPLAINED);
        cr_expect_eq(found(&scanned, other), FOUND_POSSIBLE);
        scanned_close(&scanned);
}

Test(leak_mark, what_is_kept_keeps_nothing_itself)
{
        void *kept = live(64), *held = live(64), *both = live(64), *held_by_both = live(64), *root = both;
        void *words[] = {at(kept, 16), both};
        struct leak_root range[] = {{(uintptr_t)words, (uintptr_t)(words + 2), LEAK_ROOT_KEPT, 0},
                                    {(uintptr_t)&root, (uintptr_t)(&root + 1), LEAK_ROOT_DATA, 0}};
        const struct leak_roots roots = {.root = range, .count = 2, .max = 2};
        struct scanned scanned = {.marked.root_bytes = 0};

        *at(kept, 0) = held;
        *at(both, 0) = held_by_both;
        cr_assert(leak_blocks_open(&scanned.blocks, &roots));
        mark(&scanned.blocks, &roots, LEAK_MARK_PLACES, NULL, &scanned.marked);
        cr_assert(leak_graph_open(&scanned.graph, &scanned.blocks, all_count));
        cr_expect_eq(found(&scanned, kept), FOUND_REACHED);
        cr_expect_eq(found(&scanned, held), FOUND_DEFINITE);
        cr_expect_eq(found(&scanned, held_by_both), FOUND_REACHED);
        scanned_close(&scanned);
}
