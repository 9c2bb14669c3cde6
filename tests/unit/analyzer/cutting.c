/* Streams of bytes into frames, whole, in crumbs, and damaged. */
#include "analyzer/input/cutter.h"

#include <criterion/criterion.h>

#include "tests/unit/analyzer/stream.h"

enum { FRAMES = 50 };

static struct stream stream;
static size_t frame_at[FRAMES + 1]; /* offsets in the stream */

static void setup(void)
{
        stream_init(&stream);
        for (uint32_t i = 0; i < FRAMES; i++) {
                frame_at[i] = stream.count;
                for (uint32_t j = 0; j <= i; j++)
                        encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, j + 1, i);
                stream_flush(&stream);
        }
        frame_at[FRAMES] = stream.count;
}

/* Cuts the stream as it comes in reads of `step` bytes, and returns how many frames there were. */
static size_t cut(struct cutter *cutter, size_t step)
{
        size_t frames = 0, bytes, room;

        cutter_init(cutter);
        for (size_t at = 0; at < stream.count; at += step) {
                uint8_t *to = cutter_room(cutter, &room);
                size_t count = stream.count - at < step ? stream.count - at : step;

                cr_assert_geq(room, count);
                memcpy(to, stream.bytes + at, count);
                cutter_filled(cutter, count);
                while (cutter_next(cutter, false, &bytes))
                        frames++;
        }
        while (cutter_next(cutter, true, &bytes))
                frames++;
        cutter_free(cutter);
        return frames;
}

TestSuite(cutting, .init = setup);

Test(cutting, frames_come_whole_however_they_are_read)
{
        struct cutter cutter;

        for (size_t step = 1; step < 300; step += 7) {
                cr_expect_eq(cut(&cutter, step), FRAMES);
                cr_expect_eq(cutter.damages, 0);
        }
        cr_expect_eq(cut(&cutter, stream.count), FRAMES);
}

Test(cutting, a_broken_header_costs_one_frame)
{
        struct cutter cutter;

        stream.bytes[frame_at[10]] = 0;
        stream.bytes[frame_at[10] + 1] = 0xff;
        for (size_t step = 1; step < 5000; step = step * 3 + 1) {
                cr_expect_eq(cut(&cutter, step), FRAMES - 1, "in reads of %zu bytes", step);
                cr_expect_eq(cutter.damages, 1);
        }
}

Test(cutting, a_length_that_lies_costs_no_more_than_what_it_covers)
{
        struct cutter cutter;

        stream.bytes[frame_at[10]] -= 2; /* the frame ends early: what follows is no header */
        cr_expect_eq(cut(&cutter, 4096), FRAMES);
        cr_expect_eq(cutter.damages, 1);
}

Test(cutting, bytes_that_are_no_frame_are_stepped_over)
{
        struct cutter cutter;

        memset(stream.bytes + frame_at[20], 0xee, frame_at[23] - frame_at[20]);
        cr_expect_eq(cut(&cutter, 100), FRAMES - 3);
        cr_expect_eq(cutter.damages, 1);
}

Test(cutting, a_stream_cut_short_counts_as_damage)
{
        struct cutter cutter;

        stream.count -= 1;
        cr_expect_eq(cut(&cutter, 100), FRAMES - 1);
        cr_expect_eq(cutter.damages, 1);
}

Test(cutting, another_version_is_reported_not_read)
{
        struct cutter cutter;

        for (int i = 0; i < FRAMES; i++)
                stream.bytes[frame_at[i] + 2] = WIRE_VERSION + 1;
        cr_expect_eq(cut(&cutter, 1000), 0);
        cr_expect_eq(cutter.version_other, WIRE_VERSION + 1);
}
