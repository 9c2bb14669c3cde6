/* Frames into columns and back. */
#include "analyzer/input/columns.h"

#include <criterion/criterion.h>

#include "tests/unit/analyzer/stream.h"

enum { ROOM = 1 << 20 };

static struct columns columns;
static uint64_t state = 1;

static uint32_t random_below(uint32_t below)
{
        state = state * 6364136223846793005 + 1442695040888963407;
        return (uint32_t)(state >> 33) % below;
}

static void setup(void)
{
        columns_init(&columns, ROOM);
}

/* The columns as a reader finds them, one behind the other. To be freed by the caller. */
static uint8_t *open_reader(struct columns_reader *reader)
{
        size_t all = COLUMNS_SLACK_BYTES;
        uint8_t *bytes, *at;

        for (size_t i = 0; i < COLUMNS; i++)
                all += columns.count[i];
        at = bytes = calloc(1, all);
        *reader = (struct columns_reader){0};
        for (size_t i = 0; i < COLUMNS; i++) {
                memcpy(at, columns.bytes[i], columns.count[i]);
                reader->at[i] = at;
                reader->end[i] = at += columns.count[i];
        }
        return bytes;
}

/* The frames come back, and nothing but them. */
static void expect_back(const uint8_t *frames, size_t count)
{
        static uint8_t frame[COLUMNS_SLACK_BYTES];
        struct columns_reader reader;
        uint8_t *bytes;
        size_t frame_bytes, at = 0;

        for (size_t i = 0; i < COLUMNS; i++)
                columns.count[i] = 0;
        for (size_t i = 0; i < count; i += frame_bytes) {
                frame_bytes = frames[i] | (size_t)frames[i + 1] << 8;
                columns_split(&columns, frames + i, frame_bytes);
        }
        bytes = open_reader(&reader);
        while ((frame_bytes = columns_merge(&reader, frame))) {
                cr_assert_leq(at + frame_bytes, count);
                cr_assert_arr_eq(frame, frames + at, frame_bytes);
                at += frame_bytes;
        }
        cr_expect(!reader.damaged);
        cr_expect_eq(at, count);
        for (size_t i = 0; i < COLUMNS; i++)
                cr_expect_eq(reader.at[i], reader.end[i]);
        free(bytes);
}

/* A frame of these events; returns its length. */
static size_t frame_of(uint8_t *frame, const void *events, size_t count)
{
        size_t bytes = WIRE_HEADER_BYTES + count;

        memset(frame, 7, WIRE_HEADER_BYTES);
        frame[0] = (uint8_t)bytes;
        frame[1] = (uint8_t)(bytes >> 8);
        memcpy(frame + WIRE_HEADER_BYTES, events, count);
        return bytes;
}

TestSuite(columns, .init = setup);

Test(columns, every_event_comes_back)
{
        struct stream stream;

        stream_init(&stream);
        stream_process(&stream, 1, 0, 100);
        for (uint32_t i = 0; i < 20000; i++) {
                struct encode *to = stream_to(&stream, 1, 1 + i % 3);

                encode_alloc(to, (enum wire_alloc_kind)(i % 6), random_below(1 << random_below(24)),
                             random_below(100000));
                if (i % 3)
                        encode_free(to, (enum wire_age)(i % 8), random_below(50), random_below(300));
                if (i % 50 == 0)
                        encode_tick(to, random_below(100000));
                if (i % 100 == 0)
                        encode_live(to, &(struct wire_live){i, 2, 3, 4, 5, 6, 7});
                if (i % 1000 == 0)
                        encode_thread_end(to);
        }
        stream_flush(&stream);
        expect_back(stream.bytes, stream.count);
        stream_free(&stream);
}

Test(columns, any_bytes_come_back)
{
        uint8_t frame[WIRE_FRAME_BYTES_MAX], events[WIRE_FRAME_BYTES_MAX - WIRE_HEADER_BYTES];

        for (int round = 0; round < 20000; round++) {
                size_t count = random_below(round % 10 ? 60 : sizeof events + 1);

                for (size_t i = 0; i < count; i++)
                        events[i] = (uint8_t)(random_below(4) ? 0x80 | random_below(0x50) : random_below(256));
                expect_back(frame, frame_of(frame, events, count));
        }
}

Test(columns, events_that_are_cut_short_come_back)
{
        static const char *const events[] = {
                "\x90",
                "\x90\x81",
                "\x90\x01",
                "\x90\x01\x81",
                "\xa0",
                "\x40",
                "\x40\x80",
                "\x05",
                "\x05\x03\x01",
                "\x05\x80",
                "\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                "\x90\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01",
                "\xff",
                "\x41",
        };
        uint8_t frame[WIRE_FRAME_BYTES_MAX];

        for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
                expect_back(frame, frame_of(frame, events[i], strlen(events[i])));
        expect_back(frame, frame_of(frame, "", 0));
        expect_back(frame, frame_of(frame, "\0\0\0", 3));
}

Test(columns, columns_that_contradict_each_other_are_damage)
{
        static uint8_t frame[COLUMNS_SLACK_BYTES];
        uint8_t whole[WIRE_FRAME_BYTES_MAX];
        size_t bytes = frame_of(whole, "\x90\x05\x81\x01\x80\x33\xa1\x34", 8), found = 0;

        for (int round = 0; round < 2000; round++) {
                struct columns_reader reader;
                uint8_t *copy;

                for (size_t i = 0; i < COLUMNS; i++)
                        columns.count[i] = 0;
                columns_split(&columns, whole, bytes);
                copy = open_reader(&reader);
                copy[random_below(32)] ^= (uint8_t)(1 + random_below(255));
                for (int i = 0; i < 100 && columns_merge(&reader, frame); i++)
                        ;
                found += reader.damaged;
                free(copy);
        }
        cr_expect_gt(found, 0);
}
