/* Sorts the bytes of frames by what they mean, so that they compress well, and puts them together again: the first
 * bytes of the events, slots, stacks and sizes stand in columns of their own. Any bytes come back as they were; those
 * that are no events, and all of a kind that this version does not know, stay together as they are. */
#ifndef INPUT_COLUMNS_H
#define INPUT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum columns_kind {
        COLUMN_HEADERS,
        COLUMN_FIRST_BYTES, /* of events, but for those that follow a FREE: they are others */
        COLUMN_FIRST_BYTES_AFTER_FREE,
        COLUMN_SLOTS_ALLOC,
        COLUMN_SLOTS_FREE,
        COLUMN_STACKS,
        COLUMN_SIZES,      /* the first byte of each varint, */
        COLUMN_SIZES_MORE, /* and the others */
        COLUMN_TICKS,
        COLUMN_COLD,  /* length and fields of cold events */
        COLUMN_RESTS, /* of frames, from a first byte on that stands as 0 in its column */
        COLUMNS,
};

struct columns {
        uint8_t *bytes[COLUMNS];
        size_t count[COLUMNS];
};

/* Whole frames, one after the other, room_bytes of them at most until the columns are emptied (count set to 0). */
void columns_init(struct columns *columns, size_t room_bytes);
void columns_free(struct columns *columns);
void columns_split(struct columns *columns, const uint8_t *frame, size_t frame_bytes);

enum {
        COLUMNS_SLACK_BYTES = 8192
}; /* that must be readable behind each column when it is read; others may lie there */

struct columns_reader {
        const uint8_t *at[COLUMNS], *end[COLUMNS];
        bool damaged; /* the columns contradict each other */
};

/* The next frame, of at most WIRE_FRAME_BYTES_MAX bytes, is put into `frame`, which has COLUMNS_SLACK_BYTES. Returns
 * its length; 0: no more, or damage. */
size_t columns_merge(struct columns_reader *reader, uint8_t *frame);

#endif
