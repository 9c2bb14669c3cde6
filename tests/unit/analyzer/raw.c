/* Raw files: written, read again, cut, damaged, of another version. */
#include "analyzer/input/raw.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/input/raw_reader.h"
#include "analyzer/input/raw_writer.h"
#include "tests/unit/analyzer/stream.h"

enum { PARTS_MAX = 64 };

static struct stream stream;
static uint8_t *file; /* a raw file of the stream's frames */
static size_t file_bytes, part_at[PARTS_MAX + 1], parts;
static size_t frames_in[PARTS_MAX];
static uint64_t state = 1;

/* What a reader found. */
struct found {
        enum raw_item end;
        size_t frames, bytes, notes, salvaged;
        struct raw_damage damage;
};

static uint32_t random_below(uint32_t below)
{
        state = state * 6364136223846793005 + 1442695040888963407;
        return (uint32_t)(state >> 33) % below;
}

static void nobody_waits(void *context)
{
        (void)context;
}

static int file_of(const uint8_t *bytes, size_t count)
{
        int fd = memfd_create("raw", MFD_CLOEXEC);

        cr_assert_geq(fd, 0);
        cr_assert_eq(write(fd, bytes, count), (ssize_t)count);
        lseek(fd, 0, SEEK_SET);
        return fd;
}

static void write_file(int fd)
{
        struct raw_writer *writer = raw_writer_open(nobody_waits, NULL);
        size_t number = 0;

        cr_assert_not_null(writer);
        raw_writer_note(writer, &(struct raw_note){RAW_MACHINE, {8}});
        raw_writer_start(writer, fd, 0);
        for (size_t at = 0; at < stream.count; number++) {
                size_t bytes = stream.bytes[at] | (size_t)stream.bytes[at + 1] << 8;

                if (number % 100 == 0)
                        raw_writer_note(writer, &(struct raw_note){.kind = RAW_SALVAGED});
                raw_writer_frame(writer, stream.bytes + at, bytes);
                at += bytes;
        }
        raw_writer_note(writer, &(struct raw_note){RAW_END, {0, 3}});
        cr_assert_eq(raw_writer_close(writer), 0);
}

/* Of a few parts. */
static void setup(void)
{
        int fd = memfd_create("raw", MFD_CLOEXEC), copy = dup(fd);
        off_t bytes;

        stream_init(&stream);
        for (uint32_t i = 0; i < 1500000; i++)
                encode_alloc(stream_to(&stream, 1, 1), WIRE_MALLOC, random_below(1000), random_below(1000));
        stream_flush(&stream);
        write_file(fd);
        bytes = lseek(copy, 0, SEEK_END);
        file = malloc((size_t)bytes);
        file_bytes = (size_t)bytes;
        cr_assert_eq(pread(copy, file, file_bytes, 0), bytes);
        close(copy);
        for (size_t at = 0; at < file_bytes; parts++) {
                struct raw_part part;

                cr_assert_lt(parts, PARTS_MAX);
                cr_assert_eq(raw_header_read(file + at, file_bytes - at, &part), RAW_HEADER_BYTES);
                cr_assert_eq(part.number, parts);
                part_at[parts] = at;
                frames_in[parts] = part.frames;
                at += RAW_HEADER_BYTES + part.packed_bytes;
                part_at[parts + 1] = at;
        }
        cr_assert_gt(parts, 3);
}

/* Each frame is compared with the stream's frame of its sequence number. */
static struct found read_file(const uint8_t *bytes, size_t count)
{
        struct found found = {0};
        int fd = file_of(bytes, count);
        struct raw_reader *reader = raw_reader_open(fd);
        const uint8_t *frame;
        size_t frame_bytes;
        struct raw_note note;

        while ((found.end = raw_reader_next(reader, &frame, &frame_bytes, &note)) < RAW_ITEM_END) {
                if (found.end == RAW_ITEM_FRAME) {
                        found.frames++;
                        found.bytes += frame_bytes;
                        cr_assert_leq(found.bytes, stream.count);
                } else {
                        found.notes++;
                        found.salvaged += note.kind == RAW_SALVAGED;
                }
        }
        raw_reader_damage(reader, &found.damage);
        raw_reader_close(reader);
        close(fd);
        return found;
}

/* All frames but those of the parts from `first` to before `end`. */
static size_t frames_but(size_t first, size_t end)
{
        size_t frames = 0;

        for (size_t i = 0; i < parts; i++)
                frames += i < first || i >= end ? frames_in[i] : 0;
        return frames;
}

TestSuite(raw, .init = setup);

Test(raw, frames_and_notes_come_back_in_their_order)
{
        int fd = file_of(file, file_bytes);
        struct raw_reader *reader = raw_reader_open(fd);
        const uint8_t *frame;
        size_t bytes, at = 0, frames = 0;
        enum raw_item item;
        struct raw_note note;

        cr_expect(raw_is(fd));
        cr_assert_eq(raw_reader_next(reader, &frame, &bytes, &note), RAW_ITEM_NOTE);
        cr_expect(note.kind == RAW_MACHINE && note.value[0] == 8);
        while ((item = raw_reader_next(reader, &frame, &bytes, &note)) < RAW_ITEM_END) {
                if (item == RAW_ITEM_NOTE && note.kind == RAW_SALVAGED) {
                        cr_assert_eq(frames % 100, 0);
                } else if (item == RAW_ITEM_NOTE) {
                        cr_expect(note.kind == RAW_END && note.value[1] == 3);
                        cr_expect_eq(at, stream.count);
                } else {
                        cr_assert_arr_eq(frame, stream.bytes + at, bytes);
                        at += bytes;
                        frames++;
                }
        }
        cr_expect_eq(item, RAW_ITEM_END);
        cr_expect_eq(at, stream.count);
        cr_expect_eq(raw_reader_offset(reader), file_bytes);
        raw_reader_close(reader);
}

Test(raw, a_whole_file_has_no_damage)
{
        struct found found = read_file(file, file_bytes);

        cr_expect_eq(found.bytes, stream.count);
        cr_expect(!found.damage.cut && !found.damage.parts && !found.damage.frames);
}

Test(raw, of_a_file_cut_anywhere_the_whole_parts_are_read)
{
        for (int round = 0; round < 100; round++) {
                size_t count = round < 10 ? (size_t)round : random_below((uint32_t)file_bytes), whole = 0;
                struct found found = read_file(file, count);

                while (part_at[whole + 1] <= count)
                        whole++;
                cr_assert_eq(found.end, RAW_ITEM_END);
                cr_assert_eq(found.frames, frames_but(whole, parts), "cut at %zu", count);
                cr_assert(found.damage.cut);
                cr_assert_eq(found.damage.parts, 0);
        }
}

Test(raw, a_flipped_bit_costs_the_part_it_is_in)
{
        for (int round = 0; round < 100; round++) {
                size_t at = random_below((uint32_t)file_bytes), part = 0;
                struct found found;
                uint8_t bit = (uint8_t)(1 << random_below(8));

                while (part_at[part + 1] <= at)
                        part++;
                file[at] ^= bit;
                found = read_file(file, file_bytes);
                file[at] ^= bit;
                cr_assert_eq(found.frames, frames_but(part, part + 1), "flipped at %zu of part %zu", at, part);
                cr_assert(found.damage.parts == 1 || (part == parts - 1 && found.damage.cut));
                cr_assert(found.damage.frames == frames_in[part] || at - part_at[part] < RAW_HEADER_BYTES);
        }
}

Test(raw, bytes_that_are_cut_out_cost_the_parts_they_were_in)
{
        for (int round = 0; round < 50; round++) {
                size_t from = random_below((uint32_t)file_bytes), first = 0, end, gone;
                uint8_t *copy = malloc(file_bytes);
                struct found found;

                gone = 1 + random_below((uint32_t)(file_bytes - from));
                while (part_at[first + 1] <= from)
                        first++;
                for (end = first; end < parts && part_at[end] < from + gone; end++)
                        ;
                memcpy(copy, file, from);
                memcpy(copy + from, file + from + gone, file_bytes - from - gone);
                found = read_file(copy, file_bytes - gone);
                cr_assert_eq(found.frames, frames_but(first, end), "%zu bytes from %zu on", gone, from);
                cr_assert(found.damage.parts || found.damage.cut);
                free(copy);
        }
}

Test(raw, bytes_in_between_cost_nothing)
{
        uint8_t *copy = calloc(1, file_bytes + 5000000);
        struct found found;

        memcpy(copy, file, part_at[2]);
        memcpy(copy + part_at[2] + 5000000, file + part_at[2], file_bytes - part_at[2]);
        found = read_file(copy, file_bytes + 5000000);
        cr_expect_eq(found.bytes, stream.count);
        cr_expect(!found.damage.cut && !found.damage.parts);
        free(copy);
}

Test(raw, a_part_that_comes_twice_is_taken_once)
{
        uint8_t *copy = malloc(2 * file_bytes);

        memcpy(copy, file, file_bytes);
        memcpy(copy + file_bytes, file, file_bytes);
        cr_expect_eq(read_file(copy, 2 * file_bytes).bytes, stream.count);
        free(copy);
}

static void version_set(uint8_t *header, uint32_t versions)
{
        struct raw_part part;
        uint64_t check = UINT64_C(0xcbf29ce484222325);

        raw_put_32(header + 16, versions);
        for (size_t i = 0; i < RAW_HEADER_BYTES - 8; i++)
                check = (check ^ header[i]) * UINT64_C(0x100000001b3);
        raw_put_64(header + RAW_HEADER_BYTES - 8, check);
        cr_assert_neq(raw_header_read(header, RAW_HEADER_BYTES, &part), 0);
}

Test(raw, another_version_is_told_not_read)
{
        struct found found;

        version_set(file, RAW_VERSION + 1);
        found = read_file(file, file_bytes);
        cr_expect_eq(found.end, RAW_ITEM_VERSION);
        cr_expect_eq(found.frames, 0);
        cr_expect_eq(found.damage.version_raw, RAW_VERSION + 1);
        version_set(file, RAW_VERSION | (WIRE_VERSION + 1) << 16);
        found = read_file(file, file_bytes);
        cr_expect_eq(found.end, RAW_ITEM_VERSION);
        cr_expect_eq(found.damage.version_wire, WIRE_VERSION + 1);
}

Test(raw, a_full_disk_is_told_and_waits_for_nobody)
{
        struct raw_writer *writer = raw_writer_open(nobody_waits, NULL);
        size_t bytes;

        raw_writer_start(writer, open("/dev/full", O_WRONLY | O_CLOEXEC), 0);
        for (size_t at = 0; at < stream.count; at += bytes) {
                bytes = stream.bytes[at] | (size_t)stream.bytes[at + 1] << 8;
                raw_writer_frame(writer, stream.bytes + at, bytes);
        }
        cr_expect_eq(raw_writer_close(writer), ENOSPC);
}

static int waits;

static void count_wait(void *context)
{
        if (++waits == 3)
                raw_writer_start(*(struct raw_writer **)context, -1, EACCES);
}

Test(raw, who_waits_for_the_disk_is_asked_back_all_the_time)
{
        struct raw_writer *writer;

        writer = raw_writer_open(count_wait, &writer);
        for (size_t at = 0, bytes; at < stream.count; at += bytes) {
                bytes = stream.bytes[at] | (size_t)stream.bytes[at + 1] << 8;
                raw_writer_frame(writer, stream.bytes + at, bytes);
        }
        if (waits < 3) /* the stream fitted into the parts */
                raw_writer_start(writer, -1, EACCES);
        cr_expect_eq(raw_writer_close(writer), EACCES);
        cr_expect_geq(waits, 1);
}
