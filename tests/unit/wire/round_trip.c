/* What is encoded is decoded: every event, with values at the edges of their range. */
#include "tests/unit/wire/frame.h"

#include <criterion/criterion.h>

static struct frame frame;

/* The only event of the frame. */
static struct wire_event only_event(void)
{
        static struct wire_event event[2];
        size_t count;

        cr_assert_eq(frame_read(&frame, event, 2, &count), DECODE_END);
        cr_assert_eq(count, 1);
        return event[0];
}

static void expect_bytes(const void *bytes, size_t count, const char *expected, size_t expected_count)
{
        cr_expect_eq(count, expected_count);
        cr_expect_eq(memcmp(bytes, expected, expected_count), 0);
}

Test(wire, a_header_comes_back)
{
        struct wire_header header;

        frame_begin(&frame);
        encode_thread_end(&frame.encode);
        encode_finish(&frame.encode);

        cr_assert_eq(decode_header(frame.bytes, frame.encode.bytes, &header), DECODE_OK);
        cr_expect_eq(header.bytes, WIRE_HEADER_BYTES + 3);
        cr_expect_eq(header.version, WIRE_VERSION);
        cr_expect_eq(header.flags, 0x5a);
        cr_expect_eq(header.process, 0x01020304);
        cr_expect_eq(header.thread, 0x0a0b0c0d);
        cr_expect_eq(header.sequence, 0xfffffffe);
        cr_expect_eq(header.time_ns, 0x1122334455667788);
}

Test(wire, a_sampling_rate_comes_back)
{
        struct wire_event event;

        frame_begin(&frame);
        encode_sampling(&frame.encode, 524288);
        event = only_event();
        cr_expect_eq(event.kind, WIRE_SAMPLING);
        cr_expect_eq(event.sample_rate, 524288);
}

Test(wire, an_empty_frame_holds_no_event)
{
        struct wire_event event;
        size_t count;

        frame_begin(&frame);
        cr_expect_eq(frame_read(&frame, &event, 1, &count), DECODE_END);
        cr_expect_eq(count, 0);
}

Test(wire, pairs_of_stack_and_size_come_back_in_full_and_by_slot)
{
        static const struct {
                uint32_t stack;
                uint64_t size;
        } pair[] = {{1, 0}, {1, 0}, {UINT32_MAX, UINT64_MAX}, {7, 127}, {7, 128}, {7, 127}, {UINT32_MAX, UINT64_MAX}};
        enum { PAIRS = sizeof pair / sizeof pair[0] };
        struct wire_event event[2 * PAIRS];
        size_t count;

        frame_begin(&frame);
        for (int i = 0; i < PAIRS; i++) {
                encode_alloc(&frame.encode, (enum wire_alloc_kind)i, pair[i].stack, pair[i].size);
                encode_free(&frame.encode, (enum wire_age)(i == 6 ? WIRE_AGE_RESIZED : i), pair[i].stack, pair[i].size);
        }

        cr_assert_eq(frame_read(&frame, event, 2 * PAIRS, &count), DECODE_END);
        cr_assert_eq(count, 2 * PAIRS);
        for (int i = 0; i < PAIRS; i++) {
                const struct wire_event *alloc = &event[2 * i], *release = &event[2 * i + 1];

                cr_expect_eq(alloc->kind, WIRE_ALLOC);
                cr_expect_eq(alloc->block.kind, (enum wire_alloc_kind)i);
                cr_expect_eq(release->kind, WIRE_FREE);
                cr_expect_eq(release->block.age, (enum wire_age)(i == 6 ? WIRE_AGE_RESIZED : i));
                cr_expect_eq(alloc->block.stack, pair[i].stack);
                cr_expect_eq(alloc->block.size, pair[i].size);
                cr_expect_eq(release->block.stack, pair[i].stack);
                cr_expect_eq(release->block.size, pair[i].size);
        }
}

Test(wire, a_pair_seen_before_in_the_frame_takes_two_bytes)
{
        uint32_t before;

        frame_begin(&frame);
        encode_alloc(&frame.encode, WIRE_MALLOC, 1000000, 1000000);
        before = frame.encode.bytes;
        encode_free(&frame.encode, WIRE_AGE_1S, 1000000, 1000000);
        cr_expect_eq(frame.encode.bytes - before, 2);
}

Test(wire, stacks_however_far_apart_come_back)
{
        static const uint32_t stack[] = {0, 1, 0, UINT32_MAX, 1, 0x7fffffff, 0x80000000, 0, 0x80000000, 5, 4, 70, 6};
        enum { STACKS = sizeof stack / sizeof stack[0] };
        struct wire_event event[STACKS];
        size_t count;

        frame_begin(&frame);
        for (uint32_t i = 0; i < STACKS; i++)
                encode_alloc(&frame.encode, WIRE_MALLOC, stack[i], i);

        cr_assert_eq(frame_read(&frame, event, STACKS, &count), DECODE_END);
        cr_assert_eq(count, STACKS);
        for (uint32_t i = 0; i < STACKS; i++) {
                cr_expect_eq(event[i].block.stack, stack[i]);
                cr_expect_eq(event[i].block.size, i);
        }
}

Test(wire, a_stack_near_the_last_one_takes_a_byte_whatever_came_by_slot_between)
{
        uint32_t before;

        frame_begin(&frame);
        encode_alloc(&frame.encode, WIRE_MALLOC, 1000000, 1);
        encode_alloc(&frame.encode, WIRE_MALLOC, 1000050, 1);
        before = frame.encode.bytes;
        encode_free(&frame.encode, WIRE_AGE_1S, 1000000, 1);
        cr_expect_eq(frame.encode.bytes - before, 2);
        before = frame.encode.bytes;
        encode_alloc(&frame.encode, WIRE_MALLOC, 1000113, 1);
        cr_expect_eq(frame.encode.bytes - before, 3);
        before = frame.encode.bytes;
        encode_free(&frame.encode, WIRE_AGE_1S, 1000049, 1);
        cr_expect_eq(frame.encode.bytes - before, 3);
}

Test(wire, a_new_frame_refers_to_nothing_of_the_frame_before)
{
        struct wire_event event;
        size_t count;
        static const struct wire_header header = {.version = WIRE_VERSION, .process = 1, .thread = 1};

        frame_begin(&frame);
        encode_alloc(&frame.encode, WIRE_NEW, 5, 50);
        encode_begin(&frame.encode, &header);
        encode_alloc(&frame.encode, WIRE_NEW, 5, 50);

        cr_assert_eq(frame_read(&frame, &event, 1, &count), DECODE_END);
        cr_expect_eq(event.block.stack, 5);
        cr_expect_eq(event.block.size, 50);
}

Test(wire, a_tick_comes_back)
{
        frame_begin(&frame);
        encode_tick(&frame.encode, UINT64_MAX);
        struct wire_event event = only_event();

        cr_expect_eq(event.kind, WIRE_TICK);
        cr_expect_eq(event.tick_us, UINT64_MAX);
}

Test(wire, a_process_comes_back)
{
        static const char command[] = "a\0b c\0";
        const struct wire_process told = {1, 2, 3, 4, UINT64_MAX, 7, "/bin/a", 6, command, sizeof command - 1};

        frame_begin(&frame);
        encode_process(&frame.encode, &told);
        struct wire_event event = only_event();

        cr_expect_eq(event.kind, WIRE_PROCESS);
        cr_expect_eq(event.process.pid, 1);
        cr_expect_eq(event.process.parent_pid, 2);
        cr_expect_eq(event.process.parent_process, 3);
        cr_expect_eq(event.process.start_ns, 4);
        cr_expect_eq(event.process.memory_limit, UINT64_MAX);
        cr_expect_eq(event.process.flags, 7);
        expect_bytes(event.process.exe, event.process.exe_bytes, "/bin/a", 6);
        expect_bytes(event.process.command, event.process.command_bytes, command, sizeof command - 1);
}

Test(wire, a_string_too_long_is_cut_not_lost)
{
        char name[WIRE_STRING_BYTES_MAX + 100];

        memset(name, 'x', sizeof name);
        frame_begin(&frame);
        encode_thread(&frame.encode, &(struct wire_thread){UINT32_MAX, name, sizeof name});
        struct wire_event event = only_event();

        cr_expect_eq(event.thread.tid, UINT32_MAX);
        cr_expect_eq(event.thread.name_bytes, WIRE_STRING_BYTES_MAX);
}

Test(wire, a_module_and_its_end_come_back)
{
        static const uint8_t build_id[] = {0, 1, 0xff};
        const struct wire_module told = {9, 0x7fffffff0000, UINT64_MAX, 1, build_id, sizeof build_id, "/lib/x", 6};
        struct wire_event event[2];
        size_t count;

        frame_begin(&frame);
        encode_module(&frame.encode, &told);
        encode_module_gone(&frame.encode, 9, 0x7fffffff0000);

        cr_assert_eq(frame_read(&frame, event, 2, &count), DECODE_END);
        cr_expect_eq(event[0].kind, WIRE_MODULE);
        cr_expect_eq(event[0].module.generation, 9);
        cr_expect_eq(event[0].module.start, 0x7fffffff0000);
        cr_expect_eq(event[0].module.end, UINT64_MAX);
        cr_expect_eq(event[0].module.bias, 1);
        expect_bytes(event[0].module.build_id, event[0].module.build_id_bytes, "\0\1\377", 3);
        expect_bytes(event[0].module.path, event[0].module.path_bytes, "/lib/x", 6);
        cr_expect_eq(event[1].kind, WIRE_MODULE_GONE);
        cr_expect_eq(event[1].module_gone.generation, 9);
        cr_expect_eq(event[1].module_gone.start, 0x7fffffff0000);
}

Test(wire, stacks_that_share_pcs_come_back)
{
        static const struct wire_pc pc[] = {{0x7fff12345678, 1}, {0x401000, 1}, {0x7fff12345678, 2}, {0, 0}};
        struct wire_event event[40];
        size_t count;

        frame_begin(&frame);
        for (uint32_t i = 0; i < 40; i++) {
                const struct wire_pc stack[] = {pc[i % 4], pc[i / 4 % 4], {0x500000 + 16 * i, i}, pc[i % 3]};

                encode_stack(&frame.encode, 1000 - i * i, i % 3 ? i * 777 : 0, i % 4, stack, 4);
        }

        for (uint32_t i = 0; i < 40; i++) {
                const struct wire_pc stack[] = {pc[i % 4], pc[i / 4 % 4], {0x500000 + 16 * i, i}, pc[i % 3]};

                if (i == 0) {
                        cr_assert_eq(frame_read(&frame, event, 40, &count), DECODE_END);
                        cr_assert_eq(count, 40);
                }
                cr_expect_eq(event[i].stack.id, 1000 - i * i);
                cr_expect_eq(event[i].stack.ancestor, i % 3 ? i * 777 : 0);
                cr_expect_eq(event[i].stack.flags, i % 4);
                cr_assert_eq(event[i].stack.frame_count, 4);
                for (int j = 0; j < 4; j++) {
                        cr_expect_eq(event[i].stack.frame[j].pc, stack[j].pc);
                        cr_expect_eq(event[i].stack.frame[j].generation, stack[j].generation);
                }
        }
}

Test(wire, a_pc_that_a_stack_of_the_frame_had_before_takes_a_byte)
{
        static const struct wire_pc pc[] = {{0x7fff12345678, 1}, {0x401000, 2}};
        uint32_t before;

        frame_begin(&frame);
        encode_stack(&frame.encode, 1000, 0, 0, pc, 2);
        before = frame.encode.bytes;
        encode_stack(&frame.encode, 1001, 1000, 0, pc, 2);
        cr_expect_eq(frame.encode.bytes - before, 3 + 3 + 2);
}

Test(wire, a_pool_without_use_takes_few_bytes)
{
        uint32_t before;

        frame_begin(&frame);
        before = frame.encode.bytes;
        encode_pool(&frame.encode, &(struct wire_pool){.size_class = 5, .block_bytes = 96});
        cr_expect_eq(frame.encode.bytes - before, 3 + 2);
        struct wire_event event = only_event();

        cr_expect_eq(event.pool.block_bytes, 96);
        cr_expect_eq(event.pool.allocations, 0);
        cr_expect_eq(event.pool.slabs_occupied[WIRE_DECILES - 1], 0);
}

Test(wire, the_longest_stack_fits_and_comes_back)
{
        static struct wire_pc pc[WIRE_STACK_FRAMES_MAX];

        for (int i = 0; i < WIRE_STACK_FRAMES_MAX; i++) {
                pc[i].pc = i % 2 ? 0x7fffffffffff - (uint64_t)i : (uint64_t)i; /* far apart, both ways */
                pc[i].generation = i % 3 ? 1 : UINT32_MAX;
        }
        frame_begin(&frame);
        encode_stack(&frame.encode, UINT32_MAX, 17, WIRE_STACK_BROKEN, pc, WIRE_STACK_FRAMES_MAX);
        cr_assert_leq(frame.encode.bytes, WIRE_HEADER_BYTES + ENCODE_COLD_BYTES_MAX);
        struct wire_event event = only_event();

        cr_expect_eq(event.stack.id, UINT32_MAX);
        cr_expect_eq(event.stack.ancestor, 17);
        cr_expect_eq(event.stack.flags, WIRE_STACK_BROKEN);
        cr_assert_eq(event.stack.frame_count, WIRE_STACK_FRAMES_MAX);
        for (int i = 0; i < WIRE_STACK_FRAMES_MAX; i++) {
                cr_expect_eq(event.stack.frame[i].pc, pc[i].pc);
                cr_expect_eq(event.stack.frame[i].generation, pc[i].generation);
        }
}

Test(wire, the_classes_come_back)
{
        struct wire_classes told = {.page_bytes = 4096, .class_count = WIRE_CLASSES_MAX};

        for (uint64_t i = 0; i < WIRE_CLASSES_MAX; i++)
                told.block_bytes[i] = (i + 1) * 16;
        frame_begin(&frame);
        encode_classes(&frame.encode, &told);
        struct wire_event event = only_event();

        cr_expect_eq(event.kind, WIRE_CLASSES);
        cr_expect_eq(memcmp(&event.classes, &told, sizeof told), 0);
}

/* Structs of numbers alone: with a different value in each field, a swapped pair would show. */
#define EXPECT_SAME(kind_, member, type, ...)                                                                          \
        do {                                                                                                           \
                static const type told = {__VA_ARGS__};                                                                \
                frame_begin(&frame);                                                                                   \
                encode_##member(&frame.encode, &told);                                                                 \
                struct wire_event back = only_event();                                                                 \
                cr_expect_eq(back.kind, kind_);                                                                        \
                cr_expect_eq(memcmp(&back.member, &told, sizeof told), 0, #member);                                    \
        } while (0)

Test(wire, the_last_words_come_back)
{
        struct wire_event event;

        EXPECT_SAME(WIRE_POOL, pool, struct wire_pool, .size_class = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                    16, 17, {18, 19, 20, 21, 22, 23, 24, 25, 26, UINT64_MAX});
        EXPECT_SAME(WIRE_USAGE, usage, struct wire_usage, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                    UINT64_MAX);
        EXPECT_SAME(WIRE_RESIDENT, resident, struct wire_resident, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, UINT64_MAX);
        EXPECT_SAME(WIRE_LIVE, live, struct wire_live, 1, 2, 3, 4, 5, 6, UINT64_MAX);
        EXPECT_SAME(WIRE_WALKED, walked, struct wire_walked, 1, 2, 3, 4, 5, 6, {7, 8, 9, 10, UINT64_MAX});
        EXPECT_SAME(WIRE_EXIT, exit, struct wire_exit_event, 1, 2, 3, 4, 5, UINT64_MAX);

        EXPECT_SAME(WIRE_GUARDED, guarded, struct wire_guarded, 1, 2, 3, 4, 5, UINT64_MAX);
        EXPECT_SAME(WIRE_ERROR, error, struct wire_error, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, UINT64_MAX);

        frame_begin(&frame);
        encode_lost(&frame.encode, 1, UINT64_MAX);
        event = only_event();
        cr_expect_eq(event.kind, WIRE_LOST);
        cr_expect_eq(event.lost.events, 1);
        cr_expect_eq(event.lost.frames, UINT64_MAX);

        frame_begin(&frame);
        encode_thread_end(&frame.encode);
        cr_expect_eq(only_event().kind, WIRE_THREAD_END);
}

Test(wire, limits_and_purges_come_back)
{
        EXPECT_SAME(WIRE_LIMITS, limits, struct wire_limits, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, UINT64_MAX);
        EXPECT_SAME(WIRE_PURGED, purged, struct wire_purged, 1, 2, 3, 4, 5, 6, UINT64_MAX);
}

Test(wire, a_leak_comes_back)
{
        EXPECT_SAME(WIRE_LEAK, leak, struct wire_leak, 1, 2, 3, 4, 5, 6, 7, 8, 9, UINT64_MAX);
}

Test(wire, a_scan_for_leaks_comes_back)
{
        EXPECT_SAME(WIRE_LEAK_SCAN, leak_scan, struct wire_leak_scan, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, {11, 12, 13, 14},
                    {15, 16, 17, UINT64_MAX});
}

Test(wire, a_chain_comes_back)
{
        EXPECT_SAME(WIRE_LEAK_CHAIN, leak_chain, struct wire_leak_chain, 1, 2, 3,
                    {{4, 5, 6, 7}, {8, 9, 10, 11}, {12, UINT32_MAX, 14, UINT64_MAX}});
}

Test(wire, the_longest_chain_fits_and_comes_back)
{
        struct wire_leak_chain told = {.count = WIRE_LINKS_MAX};

        for (struct wire_link *link = told.link; link < told.link + WIRE_LINKS_MAX; link++)
                *link = (struct wire_link){UINT32_MAX, UINT32_MAX, UINT64_MAX, UINT64_MAX};
        frame_begin(&frame);
        encode_leak_chain(&frame.encode, &told);
        cr_assert_leq(frame.encode.bytes, WIRE_HEADER_BYTES + ENCODE_COLD_BYTES_MAX);
        struct wire_event event = only_event();

        cr_expect_eq(event.leak_chain.count, WIRE_LINKS_MAX);
        cr_expect_eq(memcmp(event.leak_chain.link, told.link, sizeof told.link), 0);
}

Test(wire, suppressions_come_back_and_no_piece_is_longer_than_may_be)
{
        char text[WIRE_STRING_BYTES_MAX + 100];
        struct wire_event event;

        memset(text, 'x', sizeof text);
        frame_begin(&frame);
        encode_suppressions(&frame.encode, "leak:a\n", 7);
        event = only_event();
        cr_expect_eq(event.kind, WIRE_SUPPRESSIONS);
        expect_bytes(event.suppressions.text, event.suppressions.text_bytes, "leak:a\n", 7);

        frame_begin(&frame);
        encode_suppressions(&frame.encode, text, sizeof text);
        cr_expect_eq(only_event().suppressions.text_bytes, WIRE_STRING_BYTES_MAX);
}

Test(wire, every_event_is_published_whole)
{
        frame_begin(&frame);
        cr_expect_eq(frame.published, WIRE_HEADER_BYTES);
        encode_alloc(&frame.encode, WIRE_MALLOC, 1, 1);
        cr_expect_eq(frame.published, WIRE_HEADER_BYTES + 3);
        encode_tick(&frame.encode, 1);
        cr_expect_eq(frame.published, WIRE_HEADER_BYTES + 5);
        encode_thread_end(&frame.encode);
        cr_expect_eq(frame.published, WIRE_HEADER_BYTES + 8);
}
