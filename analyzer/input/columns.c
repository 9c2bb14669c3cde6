/* Only the lengths of the events' parts matter here, not what they say: a frame that the decoder would refuse is
 * kept all the same. */
#include "analyzer/input/columns.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"
#include "wire/wire.h"

enum {
        VARINT_BYTES_MAX = 10,
        IN_FULL = 0x10, /* in the first byte of ALLOC and FREE: stack and size follow, not a slot */
        BEYOND_HOT = 0xc0,
};

void columns_init(struct columns *columns, size_t room_bytes)
{
        *columns = (struct columns){0};
        for (size_t i = 0; i < COLUMNS; i++)
                columns->bytes[i] = xmalloc(room_bytes);
}

void columns_free(struct columns *columns)
{
        for (size_t i = 0; i < COLUMNS; i++)
                free(columns->bytes[i]);
        *columns = (struct columns){0};
}

static bool is_block(uint8_t first)
{
        return first >= WIRE_ALLOC && first < BEYOND_HOT;
}

static bool is_free(uint8_t first)
{
        return first >= WIRE_FREE;
}

static enum columns_kind first_byte_column(bool after_free)
{
        return after_free ? COLUMN_FIRST_BYTES_AFTER_FREE : COLUMN_FIRST_BYTES;
}

static void put(struct columns *columns, enum columns_kind kind, const uint8_t *bytes, size_t count)
{
        uint8_t *to = columns->bytes[kind] + columns->count[kind];

        columns->count[kind] += count;
        while (count--) /* mostly one or two */
                *to++ = *bytes++;
}

/* 0: it does not end where it should. */
static size_t varint_bytes(const uint8_t *at, const uint8_t *end)
{
        size_t most = (size_t)(end - at) < VARINT_BYTES_MAX ? (size_t)(end - at) : VARINT_BYTES_MAX;

        for (size_t i = 0; i < most; i++)
                if (!(at[i] & 0x80))
                        return i + 1;
        return 0;
}

/* What follows the first byte of an event; returns how many bytes that are, or -1 if it is no whole event. */
static ptrdiff_t split_block(struct columns *columns, const uint8_t *at, const uint8_t *end, uint8_t first)
{
        size_t stack, size;

        if (!(first & IN_FULL)) {
                if (at == end)
                        return -1;
                put(columns, is_free(first) ? COLUMN_SLOTS_FREE : COLUMN_SLOTS_ALLOC, at, 1);
                return 1;
        }
        stack = varint_bytes(at, end);
        size = stack ? varint_bytes(at + stack, end) : 0;
        if (!size)
                return -1;
        put(columns, COLUMN_STACKS, at, stack);
        put(columns, COLUMN_SIZES, at + stack, 1);
        put(columns, COLUMN_SIZES_MORE, at + stack + 1, size - 1);
        return (ptrdiff_t)(stack + size);
}

/* The length of a cold event's fields may be any varint that the decoder takes, so it is read as the decoder does. */
static size_t cold_bytes(const uint8_t *at, const uint8_t *end)
{
        size_t length_bytes = varint_bytes(at, end), length = 0;

        for (size_t i = 0; i < length_bytes && i < 3; i++)
                length |= (size_t)(at[i] & 0x7f) << 7 * i;
        if (!length_bytes || length_bytes > 3 || length > (size_t)(end - at) - length_bytes)
                return 0;
        return length_bytes + length;
}

static ptrdiff_t split_event(struct columns *columns, const uint8_t *at, const uint8_t *end, uint8_t first)
{
        size_t count;

        if (is_block(first))
                return split_block(columns, at, end, first);
        if (first == WIRE_TICK) {
                count = varint_bytes(at, end);
                put(columns, COLUMN_TICKS, at, count);
        } else {
                count = first && first < WIRE_HOT ? cold_bytes(at, end) : 0;
                memcpy(columns->bytes[COLUMN_COLD] + columns->count[COLUMN_COLD], at, count);
                columns->count[COLUMN_COLD] += count;
        }
        return count ? (ptrdiff_t)count : -1;
}

void columns_split(struct columns *columns, const uint8_t *frame, size_t frame_bytes)
{
        const uint8_t *at = frame + WIRE_HEADER_BYTES, *end = frame + frame_bytes;
        bool after_free = false;

        put(columns, COLUMN_HEADERS, frame, WIRE_HEADER_BYTES);
        while (at < end) {
                uint8_t first = *at;
                ptrdiff_t count = split_event(columns, at + 1, end, first);

                if (count < 0) {
                        put(columns, first_byte_column(after_free), (const uint8_t[]){0}, 1);
                        put(columns, COLUMN_RESTS, at, (size_t)(end - at));
                        return;
                }
                put(columns, first_byte_column(after_free), &first, 1);
                if (is_block(first))
                        after_free = is_free(first);
                at += 1 + count;
        }
}

static uint8_t *take(struct columns_reader *reader, enum columns_kind kind, uint8_t *to, size_t count)
{
        memcpy(to, reader->at[kind], count);
        reader->at[kind] += count;
        return to + count;
}

/* No longer than a varint can be, so that nothing is read or written beyond the slack. */
static uint8_t *take_varint(struct columns_reader *reader, enum columns_kind kind, uint8_t *to)
{
        const uint8_t *at = reader->at[kind];

        for (int i = 1; i < VARINT_BYTES_MAX && *at & 0x80; i++)
                *to++ = *at++;
        *to++ = *at++;
        reader->at[kind] = at;
        return to;
}

static uint8_t *merge_block(struct columns_reader *reader, uint8_t *to, uint8_t first)
{
        if (!(first & IN_FULL)) {
                *to++ = *reader->at[is_free(first) ? COLUMN_SLOTS_FREE : COLUMN_SLOTS_ALLOC]++;
                return to;
        }
        to = take_varint(reader, COLUMN_STACKS, to);
        *to = *reader->at[COLUMN_SIZES]++;
        return *to & 0x80 ? take_varint(reader, COLUMN_SIZES_MORE, to + 1) : to + 1;
}

/* NULL: the parts do not fit into the frame. */
static uint8_t *merge_event(struct columns_reader *reader, uint8_t *to, const uint8_t *end, uint8_t first)
{
        const uint8_t *cold = reader->at[COLUMN_COLD];
        size_t count;

        if (is_block(first))
                return merge_block(reader, to, first);
        if (first == WIRE_TICK)
                return take_varint(reader, COLUMN_TICKS, to);
        /* As long as the frame has room, even if the column has not: there is slack. */
        count = first < WIRE_HOT ? cold_bytes(cold, cold + (end > to ? end - to : 0)) : 0;
        return count ? take(reader, COLUMN_COLD, to, count) : NULL;
}

static bool overrun(const struct columns_reader *reader)
{
        for (size_t i = 0; i < COLUMNS; i++)
                if (reader->at[i] > reader->end[i])
                        return true;
        return false;
}

static bool merge_events(struct columns_reader *reader, uint8_t *to, const uint8_t *end)
{
        bool after_free = false;

        while (to < end) {
                uint8_t first = *reader->at[first_byte_column(after_free)]++;

                if (first == 0) {
                        to = take(reader, COLUMN_RESTS, to, (size_t)(end - to));
                        break;
                }
                *to++ = first;
                to = merge_event(reader, to, end, first);
                if (!to)
                        return false;
                if (is_block(first))
                        after_free = is_free(first);
        }
        return to == end;
}

/* A frame takes less than the slack from any column and is checked before the next. */
size_t columns_merge(struct columns_reader *reader, uint8_t *frame)
{
        size_t frame_bytes;

        if (reader->damaged || reader->at[COLUMN_HEADERS] == reader->end[COLUMN_HEADERS])
                return 0;
        take(reader, COLUMN_HEADERS, frame, WIRE_HEADER_BYTES);
        frame_bytes = frame[0] | (size_t)frame[1] << 8;
        reader->damaged = frame_bytes < WIRE_HEADER_BYTES || frame_bytes > WIRE_FRAME_BYTES_MAX ||
                          !merge_events(reader, frame + WIRE_HEADER_BYTES, frame + frame_bytes) || overrun(reader);
        return reader->damaged ? 0 : frame_bytes;
}
