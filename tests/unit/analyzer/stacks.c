/* From stack ids to distinct stacks: chains, forks, libraries that move. */
#include "analyzer/model/catalog.h"

#include <criterion/criterion.h>

#include "tests/unit/analyzer/stream.h"

static struct stream stream;
static struct model *model;

static void setup(void)
{
        stream_init(&stream);
        model = model_create();
        stream_process(&stream, 1, 0, 100);
        stream_module(&stream, 1, 0x100000, "/usr/bin/example");
}

static struct catalog *make(void)
{
        stream_feed(&stream, model);
        model_finish(model);
        return catalog_create(model);
}

static void alloc(uint32_t process, uint32_t stack, uint64_t size)
{
        encode_alloc(stream_to(&stream, process, 1), WIRE_MALLOC, stack, size);
}

static const struct catalog_place *place_of(const struct catalog *catalog, size_t site, size_t position)
{
        const struct catalog_stack *stack = &catalog->stack[catalog->site[site].stack];

        cr_assert_lt(position, stack->depth);
        for (; position >= stack->frame_count; stack = &catalog->stack[stack->outer])
                position -= stack->frame_count;
        return &catalog->place[catalog->frame[stack->frame + position]];
}

TestSuite(stacks, .init = setup);

Test(stacks, a_stack_goes_on_in_its_ancestor)
{
        stream_stack(&stream, 1, 5, 6, 0x100010);
        alloc(1, 5, 1);
        stream_stack(&stream, 1, 6, 0, 0x100020); /* defined after its use */

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 1);
        cr_expect_eq(catalog->stack[catalog->site[0].stack].depth, 2);
        cr_expect_eq(place_of(catalog, 0, 0)->offset, 0x10);
        cr_expect_eq(place_of(catalog, 0, 1)->offset, 0x20);
        cr_expect_eq(catalog->file_count, 1);
        cr_expect_eq(catalog->undefined, 0);
}

Test(stacks, a_stack_never_defined_is_flagged)
{
        alloc(1, 5, 1);
        stream_stack(&stream, 1, 7, 8, 0x100010); /* its outer part is missing */
        alloc(1, 7, 1);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 2);
        cr_expect_eq(catalog->undefined, 2);
        cr_expect_eq(catalog->stack[catalog->site[0].stack].flags, CATALOG_UNDEFINED);
        cr_expect_eq(catalog->stack[catalog->site[0].stack].depth, 0);
        cr_expect_eq(catalog->stack[catalog->site[1].stack].flags, CATALOG_UNDEFINED);
        cr_expect_eq(catalog->stack[catalog->site[1].stack].depth, 1);
}

Test(stacks, a_chain_that_bites_its_tail_ends)
{
        stream_stack(&stream, 1, 5, 6, 0x100010);
        stream_stack(&stream, 1, 6, 5, 0x100020);
        alloc(1, 5, 1);

        struct catalog *catalog = make();

        cr_expect_eq(catalog->undefined, 1);
}

Test(stacks, a_child_knows_the_stacks_and_modules_of_its_parents)
{
        stream_stack(&stream, 1, 5, 0, 0x100010);
        stream_process(&stream, 2, 1, 200);
        stream_process(&stream, 3, 2, 300);
        alloc(3, 5, 1);
        stream_stack(&stream, 3, 9, 5, 0x100020); /* its own, over one of its grandparent's */
        alloc(3, 9, 1);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 2);
        cr_expect_eq(place_of(catalog, 0, 0)->offset, 0x10);
        cr_expect_eq(place_of(catalog, 1, 0)->offset, 0x20);
        cr_expect_eq(place_of(catalog, 1, 1)->offset, 0x10);
        cr_expect_eq(catalog->undefined, 0);
}

Test(stacks, a_childs_own_definition_goes_before_its_parents)
{
        stream_stack(&stream, 1, 5, 0, 0x100010);
        stream_process(&stream, 2, 1, 200);
        stream_stack(&stream, 2, 5, 0, 0x100020);
        alloc(1, 5, 1);
        alloc(2, 5, 1);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 2);
        cr_expect_eq(place_of(catalog, 0, 0)->offset, 0x10);
        cr_expect_eq(place_of(catalog, 1, 0)->offset, 0x20);
}

Test(stacks, processes_that_are_each_others_parents_do_no_harm)
{
        stream_process(&stream, 2, 3, 200);
        stream_process(&stream, 3, 2, 300);
        alloc(2, 5, 1);

        struct catalog *catalog = make();

        cr_expect_eq(catalog->undefined, 1);
}

Test(stacks, stacks_of_equal_frames_are_one_however_they_were_cut)
{
        const struct wire_pc pc[] = {{0x100010, 1}, {0x100020, 1}, {0x100030, 1}};

        stream_stack(&stream, 1, 1, 2, pc[0].pc);
        encode_stack(stream_to(&stream, 1, 1), 2, 0, 0, pc + 1, 2);
        encode_stack(stream_to(&stream, 1, 1), 3, 4, 0, pc, 2);
        stream_stack(&stream, 1, 4, 0, pc[2].pc);
        encode_stack(stream_to(&stream, 1, 1), 5, 0, 0, pc, 3);
        encode_stack(stream_to(&stream, 1, 1), 6, 0, WIRE_STACK_TRUNCATED, pc, 3);
        for (uint32_t stack = 1; stack <= 6; stack++)
                alloc(1, stack, 1);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 4); /* of 1, 3 and 5; 2; 4; 6 */
        cr_expect_eq(site_allocations(catalog->site[0].site), 3);
        cr_expect_eq(place_of(catalog, 0, 2)->offset, 0x30);
        cr_expect_eq(site_allocations(catalog->site[1].site), 1);
        cr_expect_eq(catalog->stack[catalog->site[3].stack].flags, WIRE_STACK_TRUNCATED);
}

Test(stacks, outer_parts_are_shared)
{
        uint32_t deepest = 50;

        stream_stack(&stream, 1, 1, 0, 0x100010);
        for (uint32_t id = 2; id <= deepest; id++)
                stream_stack(&stream, 1, id, id - 1, 0x100010 + id);
        for (uint32_t id = 1; id <= deepest; id++)
                alloc(1, id, 1);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, deepest);
        cr_expect_eq(catalog->stack_count, deepest);
        cr_expect_eq(catalog->frame_count, deepest);
        cr_expect_eq(catalog->stack[catalog->site[deepest - 1].stack].depth, deepest);
        cr_expect_eq(place_of(catalog, deepest - 1, deepest - 1)->offset, 0x10);
}

Test(stacks, a_library_loaded_twice_is_one_and_its_sites_are_merged)
{
        struct wire_pc pc = {0x200010, 1};
        struct wire_module library = {1, 0x200000, 0x210000, 0x200000, NULL, 0, "/lib/plugin.so", 14};

        encode_module(stream_to(&stream, 1, 1), &library);
        encode_stack(stream_to(&stream, 1, 1), 5, 0, 0, &pc, 1);
        alloc(1, 5, 10);
        encode_module_gone(stream_to(&stream, 1, 1), 1, library.start);
        library = (struct wire_module){2, 0x300000, 0x310000, 0x300000, NULL, 0, "/lib/plugin.so", 14};
        pc = (struct wire_pc){0x300010, 2};
        encode_module(stream_to(&stream, 1, 1), &library);
        encode_stack(stream_to(&stream, 1, 1), 6, 0, 0, &pc, 1);
        alloc(1, 6, 20);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 1);
        cr_expect_eq(site_allocations(catalog->site[0].site), 2);
        cr_expect_eq(catalog->site[0].site->live_bytes, 30);
        cr_expect_eq(catalog->site[0].site->peak_bytes, 30);
        cr_expect_eq(catalog->site[0].site->size_max, 20);
        cr_expect_eq(place_of(catalog, 0, 0)->offset, 0x10);
}

Test(stacks, an_address_used_again_by_another_library_is_another_place)
{
        struct wire_pc pc = {0x200010, 1};
        struct wire_module library = {1, 0x200000, 0x210000, 0x200000, NULL, 0, "/lib/one.so", 11};

        encode_module(stream_to(&stream, 1, 1), &library);
        encode_stack(stream_to(&stream, 1, 1), 5, 0, 0, &pc, 1);
        alloc(1, 5, 10);
        library.generation = pc.generation = 2;
        library.path = "/lib/two.so";
        encode_module(stream_to(&stream, 1, 1), &library);
        encode_stack(stream_to(&stream, 1, 1), 6, 0, 0, &pc, 1);
        alloc(1, 6, 20);

        struct catalog *catalog = make();

        cr_assert_eq(catalog->site_count, 2);
        cr_expect_str_eq(catalog->file[place_of(catalog, 0, 0)->file].module->path, "/lib/one.so");
        cr_expect_str_eq(catalog->file[place_of(catalog, 1, 0)->file].module->path, "/lib/two.so");
}

Test(stacks, generated_code_is_in_no_file)
{
        const struct wire_pc pc = {0x700010, 0};

        encode_stack(stream_to(&stream, 1, 1), 5, 0, 0, &pc, 1);
        alloc(1, 5, 10);

        struct catalog *catalog = make();

        cr_expect_eq(place_of(catalog, 0, 0)->file, CATALOG_NO_FILE);
        cr_expect_eq(place_of(catalog, 0, 0)->pc, 0x700010);
}

Test(stacks, our_own_frames_may_be_a_whole_piece)
{
        const struct wire_pc pc[] = {{0x900010, 1}, {0x900020, 1}};

        stream_module(&stream, 1, 0x900000, "/usr/lib/libheaptap.so.0");
        encode_stack(stream_to(&stream, 1, 1), 5, 6, WIRE_STACK_TRUNCATED, pc, 2);
        stream_stack(&stream, 1, 6, 0, 0x100010);
        alloc(1, 5, 10);
        encode_stack(stream_to(&stream, 1, 1), 7, 0, 0, pc, 2);
        alloc(1, 7, 10);

        struct catalog *catalog = make();

        cr_expect_eq(catalog->stack[catalog->site[0].stack].depth, 1);
        cr_expect_eq(catalog->stack[catalog->site[0].stack].flags, WIRE_STACK_TRUNCATED);
        cr_expect_eq(place_of(catalog, 0, 0)->offset, 0x10);
        cr_expect_eq(catalog->stack[catalog->site[1].stack].depth, 0);
}

Test(stacks, our_own_frames_are_left_out_at_the_inner_end_only)
{
        const struct wire_pc pc[] = {{0x900010, 1}, {0x900020, 1}, {0x100010, 1}, {0x900030, 1}};

        stream_module(&stream, 1, 0x900000, "/usr/lib/libheaptap.so.0");
        encode_stack(stream_to(&stream, 1, 1), 5, 0, WIRE_STACK_TRUNCATED, pc, 4);
        alloc(1, 5, 10);

        struct catalog *catalog = make();

        cr_expect_eq(catalog->stack[catalog->site[0].stack].depth, 2);
        cr_expect_eq(catalog->stack[catalog->site[0].stack].flags, WIRE_STACK_TRUNCATED);
        cr_expect_eq(place_of(catalog, 0, 0)->offset, 0x10);
}
