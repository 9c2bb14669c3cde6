/* The decoder trusts nothing: damaged frames end in an error, never in a read outside of them. The frames lie at the
 * end of memory of their own size, so that the sanitizers see a read too far. */
#include "tests/unit/wire/frame.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Reads a frame of `header` bytes of zero and these, to the end or to the first error. */
static enum decode_status read_payload(const uint8_t *payload, size_t count, size_t *ret_events)
{
        uint8_t *bytes = calloc(1, WIRE_HEADER_BYTES + count);
        struct decode decode;
        struct wire_event event;
        enum decode_status status;

        cr_assert_not_null(bytes);
        memcpy(bytes + WIRE_HEADER_BYTES, payload, count);
        decode_frame(&decode, bytes, WIRE_HEADER_BYTES + count);
        for (*ret_events = 0; (status = decode_next(&decode, &event)) == DECODE_OK; (*ret_events)++)
                ;
        free(bytes);
        return status;
}

#define EXPECT_PAYLOAD(expected_status, expected_events, ...)                                                          \
        do {                                                                                                           \
                const uint8_t payload[] = {__VA_ARGS__};                                                               \
                size_t events;                                                                                         \
                cr_expect_eq(read_payload(payload, sizeof payload, &events), expected_status);                         \
                cr_expect_eq(events, expected_events);                                                                 \
        } while (0)

Test(damage, a_header_that_is_cut_needs_more)
{
        const uint8_t bytes[WIRE_HEADER_BYTES - 1] = {255};
        struct wire_header header;

        cr_expect_eq(decode_header(bytes, sizeof bytes, &header), DECODE_SHORT);
        cr_expect_eq(decode_header(bytes, 0, &header), DECODE_SHORT);
}

Test(damage, a_length_that_cannot_be_is_refused)
{
        uint8_t bytes[WIRE_HEADER_BYTES] = {WIRE_HEADER_BYTES - 1, 0, WIRE_VERSION};
        struct wire_header header;

        cr_expect_eq(decode_header(bytes, sizeof bytes, &header), DECODE_CORRUPT);
        bytes[0] = 1;
        bytes[1] = WIRE_FRAME_BYTES_MAX >> 8;
        cr_expect_eq(decode_header(bytes, sizeof bytes, &header), DECODE_CORRUPT);
        bytes[0] = 0;
        cr_expect_eq(decode_header(bytes, sizeof bytes, &header), DECODE_OK);
}

Test(damage, another_version_is_told_apart)
{
        const uint8_t bytes[WIRE_HEADER_BYTES] = {WIRE_HEADER_BYTES, 0, WIRE_VERSION + 1};
        struct wire_header header;

        cr_expect_eq(decode_header(bytes, sizeof bytes, &header), DECODE_VERSION);
        cr_expect_eq(header.version, WIRE_VERSION + 1);
}

Test(damage, a_slot_that_was_never_filled_is_refused)
{
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_ALLOC, 3);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_FREE, 3);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_STACK, 4, 2, 0, 4, 7);          /* a pc */
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_STACK, 5, 2, 0, 4, 0x83, 0x01); /* beyond the table */
}

Test(damage, an_event_that_is_cut_is_refused)
{
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_ALLOC);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_ALLOC_AT, 1);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_ALLOC_AT, 1, 0x80);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_TICK);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_THREAD);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_THREAD, 2, 1);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 1, WIRE_ALLOC_AT, 1, 1, WIRE_LIVE, 4, 1, 1);
}

Test(damage, a_payload_shorter_than_its_fields_is_refused)
{
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_LIVE, 2, 1, 1, 1, 1);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_THREAD, 2, 1, 5); /* a name of 5 bytes, none of them there */
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_LEAK, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_LEAK_CHAIN, 6, 1, 1, 1, 5, 1, 8);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_SUPPRESSIONS, 2, 5, 'l');
}

Test(damage, numbers_too_large_for_their_field_are_refused)
{
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_ALLOC_AT, 0xff, 0xff, 0xff, 0xff, 0x1f, 1); /* a stack of 33 bits */
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_TICK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2);
        EXPECT_PAYLOAD(DECODE_END, 1, WIRE_TICK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_TICK, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0);
}

Test(damage, counts_beyond_their_limit_are_refused)
{
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_STACK, 4, 2, 0, 0x84, 8); /* 257 frames */
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_CLASSES, 3, 1, 0x81, 1);  /* 129 classes */
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_LEAK_CHAIN, 3, 1, 1, 17); /* 17 links */
        EXPECT_PAYLOAD(DECODE_END, 1, WIRE_LEAK_CHAIN, 7, 1, 1, 1, 5, 1, 8, 0);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_STACK, 3, 0, 0, 0); /* the id 0 */
        EXPECT_PAYLOAD(DECODE_END, 1, WIRE_STACK, 3, 2, 0, 0);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, WIRE_ALLOC_AT | WIRE_ALLOC_KINDS, 1, 1);
}

Test(damage, bytes_that_begin_no_event_are_refused)
{
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, 0);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, 0x41);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, 0xc0);
        EXPECT_PAYLOAD(DECODE_CORRUPT, 0, 0xff);
}

Test(damage, events_of_a_later_version_are_stepped_over)
{
        EXPECT_PAYLOAD(DECODE_END, 1, 0x3f, 2, 9, 9, WIRE_ALLOC_AT, 1, 1, 0x3e, 0);
}

Test(damage, a_frame_cut_anywhere_reads_to_the_cut)
{
        static struct frame frame;
        size_t events, events_before = 0;

        frame_begin(&frame);
        for (uint32_t i = 0; i < 20; i++) {
                encode_alloc(&frame.encode, WIRE_MALLOC, i * 1000, i);
                encode_live(&frame.encode, &(struct wire_live){i, i, i, i, i, i, i});
        }
        for (size_t count = 0; count <= frame.encode.bytes - WIRE_HEADER_BYTES; count++) {
                read_payload(frame.bytes + WIRE_HEADER_BYTES, count, &events);
                cr_expect_geq(events, events_before);
                events_before = events;
        }
        cr_expect_eq(events, 40);
}

Test(damage, any_change_of_one_byte_is_survived)
{
        static struct frame frame;
        size_t events;

        frame_begin(&frame);
        encode_thread(&frame.encode, &(struct wire_thread){1, "name", 4});
        encode_stack(&frame.encode, 1, 2, 0, (const struct wire_pc[]){{1, 1}, {2, 1}, {1, 1}}, 3);
        for (uint32_t i = 0; i < 10; i++)
                encode_free(&frame.encode, WIRE_AGE_1S, i * 1000, i % 3);
        for (size_t at = WIRE_HEADER_BYTES; at < frame.encode.bytes; at++) {
                for (unsigned value = 0; value < 256; value++) {
                        uint8_t old = frame.bytes[at];

                        frame.bytes[at] = (uint8_t)value;
                        read_payload(frame.bytes + WIRE_HEADER_BYTES, frame.encode.bytes - WIRE_HEADER_BYTES, &events);
                        cr_expect_leq(events, frame.encode.bytes);
                        frame.bytes[at] = old;
                }
        }
}
