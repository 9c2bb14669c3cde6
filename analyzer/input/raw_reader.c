/* Trusts nothing: a part is believed when its header's check, zstd's checksum and the columns all agree. */
#include "analyzer/input/raw_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "analyzer/xalloc.h"
#include "wire/wire.h"

enum { BUFFER_BYTES = 4 << 20 }; /* more than two parts */

struct raw_reader {
        int fd;
        uint8_t *buffer;
        size_t room;
        size_t begin, end; /* of what was read and not yet used */
        uint64_t offset;   /* in the file, of `begin` */
        bool file_ended;
        ZSTD_DCtx *decompressor;
        uint32_t number_next; /* of parts */
        struct raw_damage damage;
        bool end_noted;
        bool last_short; /* the part that was found last goes beyond the end of the file */

        /* The part at hand; what was given out of it moves `columns` and `note`. */
        struct raw_part part;
        uint8_t *bytes;
        struct columns_reader columns;
        const uint8_t *note, *notes_end;
        uint32_t frames_given;
        uint8_t frame[COLUMNS_SLACK_BYTES];
};

struct raw_reader *raw_reader_open(int fd)
{
        struct raw_reader *reader = xcalloc(1, sizeof *reader);
        struct stat facts;

        reader->fd = fd;
        reader->room = BUFFER_BYTES;
        if (fstat(fd, &facts) == 0 && facts.st_size < BUFFER_BYTES)
                reader->room = (size_t)facts.st_size + 1;
        reader->buffer = xmalloc(reader->room);
        reader->decompressor = ZSTD_createDCtx();
        return reader;
}

void raw_reader_close(struct raw_reader *reader)
{
        ZSTD_freeDCtx(reader->decompressor);
        free(reader->buffer);
        free(reader->bytes);
        free(reader);
}

uint64_t raw_reader_offset(const struct raw_reader *reader)
{
        return reader->offset;
}

void raw_reader_damage(const struct raw_reader *reader, struct raw_damage *ret)
{
        *ret = reader->damage;
        ret->cut = !reader->end_noted;
        if (ret->cut && reader->last_short)
                ret->parts--; /* it is the cut one */
}

static void skip(struct raw_reader *reader, size_t bytes)
{
        reader->begin += bytes;
        reader->offset += bytes;
}

/* True: so many bytes are there, or all that the file has. False: errno says why. */
static bool want(struct raw_reader *reader, size_t bytes)
{
        if (reader->end - reader->begin >= bytes)
                return true;
        memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
        while (!reader->file_ended && reader->end < reader->room) {
                ssize_t count = read(reader->fd, reader->buffer + reader->end, reader->room - reader->end);

                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        return false;
                reader->file_ended = count == 0;
                reader->end += (size_t)count;
        }
        return true;
}

static bool unpack(struct raw_reader *reader, const uint8_t *packed)
{
        uint64_t offset = RAW_LENGTHS_BYTES;
        size_t count;

        if (!reader->bytes)
                reader->bytes = xmalloc(RAW_PART_BYTES_MAX + COLUMNS_SLACK_BYTES);
        count = ZSTD_decompressDCtx(reader->decompressor, reader->bytes, RAW_PART_BYTES_MAX, packed,
                                    reader->part.packed_bytes);

        if (ZSTD_isError(count) || count != reader->part.bytes || count < RAW_LENGTHS_BYTES)
                return false;
        memset(reader->bytes + count, 0, COLUMNS_SLACK_BYTES);
        reader->columns.damaged = false;
        for (size_t i = 0; i < RAW_SECTIONS; i++) {
                const uint8_t *at = reader->bytes + offset, *end;

                offset += raw_get_32(reader->bytes + 4 * i);
                if (offset > count)
                        return false;
                end = reader->bytes + offset;
                if (i < COLUMNS) {
                        reader->columns.at[i] = at;
                        reader->columns.end[i] = end;
                } else {
                        reader->note = at;
                        reader->notes_end = end - (end - at) % RAW_NOTE_BYTES;
                }
        }
        return offset == count;
}

/* Nothing more is given out of the part at hand. */
static void part_close(struct raw_reader *reader)
{
        reader->columns = (struct columns_reader){0};
        reader->note = reader->notes_end = NULL;
}

static void part_lost(struct raw_reader *reader)
{
        if (reader->part.frames > reader->frames_given)
                reader->damage.frames += reader->part.frames - reader->frames_given;
        part_close(reader);
}

/* The header of a part is there: is the rest, too, and good? */
static void part_open(struct raw_reader *reader, size_t header_bytes)
{
        const struct raw_part *part = &reader->part;
        size_t there = reader->end - reader->begin - header_bytes;
        bool known = part->number < reader->number_next, whole = part->packed_bytes <= there;

        reader->frames_given = 0;
        reader->last_short = !whole;
        if (part->number > reader->number_next)
                reader->damage.parts += part->number - reader->number_next;
        if (!known)
                reader->number_next = part->number + 1;
        if (!known && whole && unpack(reader, reader->buffer + reader->begin + header_bytes)) {
                skip(reader, header_bytes + part->packed_bytes);
                return;
        }
        part_lost(reader);
        reader->damage.parts++;
        skip(reader, header_bytes); /* what follows may be the next part, if bytes were cut out */
}

static enum raw_item part_begin(struct raw_reader *reader, size_t header_bytes)
{
        const struct raw_part *part = &reader->part;

        if (part->version != RAW_VERSION || part->wire_version != WIRE_VERSION) {
                reader->damage.version_raw = part->version;
                reader->damage.version_wire = part->wire_version;
                return RAW_ITEM_VERSION;
        }
        if (!want(reader, header_bytes + part->packed_bytes))
                return RAW_ITEM_FAILED;
        part_open(reader, header_bytes);
        return RAW_ITEM_FRAME;
}

/* Finds the next part. RAW_ITEM_FRAME: there is one, which may have nothing to give. */
static enum raw_item part_next(struct raw_reader *reader)
{
        for (;;) {
                const uint8_t *at, *found;
                size_t header_bytes, there;

                if (!want(reader, 2 * RAW_HEADER_BYTES + RAW_PART_BYTES_MAX))
                        return RAW_ITEM_FAILED;
                at = reader->buffer + reader->begin;
                there = reader->end - reader->begin;
                if (there == 0)
                        return RAW_ITEM_END;
                header_bytes = raw_header_read(at, there, &reader->part);
                if (header_bytes)
                        return part_begin(reader, header_bytes);
                found = raw_header_find(at + 1, there - 1);
                if (found)
                        skip(reader, (size_t)(found - at));
                else
                        skip(reader, reader->file_ended ? there : there - RAW_HEADER_BYTES);
        }
}

/* True if a note stands before the next frame. */
static bool note_next(struct raw_reader *reader, struct raw_note *ret_note)
{
        const uint8_t *at = reader->note;

        if (at == reader->notes_end || raw_get_32(at + 4) > reader->frames_given)
                return false;
        ret_note->kind = raw_get_32(at);
        for (size_t i = 0; i < RAW_NOTE_VALUES; i++)
                ret_note->value[i] = raw_get_64(at + 8 + 8 * i);
        reader->note += RAW_NOTE_BYTES;
        reader->end_noted = ret_note->kind == RAW_END;
        return true;
}

enum raw_item raw_reader_next(struct raw_reader *reader, const uint8_t **ret_frame, size_t *ret_bytes,
                              struct raw_note *ret_note)
{
        enum raw_item item;

        do {
                if (note_next(reader, ret_note))
                        return RAW_ITEM_NOTE;
                *ret_bytes = columns_merge(&reader->columns, reader->frame);
                if (*ret_bytes) {
                        *ret_frame = reader->frame;
                        reader->frames_given++;
                        return RAW_ITEM_FRAME;
                }
                if (reader->columns.damaged) {
                        part_lost(reader);
                        reader->damage.parts++;
                }
                item = part_next(reader);
        } while (item == RAW_ITEM_FRAME);
        return item;
}
