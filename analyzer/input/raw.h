/* The raw file: every frame of a run, and what only its reader could know, so that it can be analysed again.
 *
 * It is a sequence of parts. A part is a header and one zstd frame with a checksum, and depends on no other, so what is
 * left of a damaged file can be read. The header is a zstd frame too, of a kind that decompressors skip: `zstd --test`
 * accepts the file. All integers are little-endian.
 *
 *     offset bytes
 *          0     4  RAW_MAGIC
 *          4     4  how many bytes of the header follow: 36. Later versions may have more in between
 *          8     8  RAW_SIGNATURE
 *         16     2  RAW_VERSION
 *         18     2  WIRE_VERSION of the frames
 *         20     4  number of the part, from 0
 *         24     4  frames in the part
 *         28     4  bytes of the zstd frame
 *         32     4  bytes in it
 *         36     8  FNV-1a of all of the header that stands before: the last 8 bytes, however long it is
 *
 * In the zstd frame lie RAW_SECTIONS lengths of 4 bytes each, and then the sections: the columns of the frames
 * (columns.h), and the notes: each as RAW_NOTE_BYTES, of 4 for the kind, 4 that say how many frames of the part stand
 * before it, and 8 for each value. */
#ifndef INPUT_RAW_H
#define INPUT_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/input/columns.h"

enum {
        RAW_VERSION = 1,
        RAW_MAGIC = 0x184d2a5e,
        RAW_HEADER_BYTES = 44,
        RAW_PART_FRAME_BYTES = 1 << 20, /* of frames in a part, at most */
        RAW_PART_NOTES = 4096,
        RAW_NOTE_VALUES = 8,
        RAW_NOTE_BYTES = 8 + 8 * RAW_NOTE_VALUES,
        RAW_SECTIONS = COLUMNS + 1, /* the last one: notes */
        RAW_LENGTHS_BYTES = 4 * RAW_SECTIONS,
        /* A frame that is no whole one takes a byte more in the columns. */
        RAW_PART_BYTES_MAX =
                RAW_LENGTHS_BYTES + RAW_PART_FRAME_BYTES + RAW_PART_FRAME_BYTES / 24 + RAW_PART_NOTES * RAW_NOTE_BYTES,
};

#define RAW_SIGNATURE "heaptap" /* with its NUL */

/* What the reader of a run knows and no frame says. */
enum raw_note_kind {
        RAW_MACHINE = 1, /* processors */
        RAW_HOST,        /* name, in all values, padded with NULs */
        RAW_CLOCKS,      /* CLOCK_REALTIME and CLOCK_MONOTONIC of one moment, in ns */
        RAW_SALVAGED,    /* the next frame was taken from the memory of a process that had died */
        RAW_RESIDENT,    /* process, time, resident bytes, peak of these */
        RAW_GONE,        /* process, which was there no more */
        RAW_RUNNING,     /* process, which ran on when reading ended */
        RAW_EXITED, /* of the main process: status, signal, peak of resident bytes, CPU of the user, of the system in µs
                     */
        RAW_END,    /* the last note of a whole file: reading was interrupted, times that frames were lost track of,
                       frames that ended with their processes, unseen */
};

struct raw_note {
        uint32_t kind; /* enum raw_note_kind, or of a later version */
        uint64_t value[RAW_NOTE_VALUES];
};

/* The header of a part, in host form. */
struct raw_part {
        uint32_t version, wire_version;
        uint32_t number;
        uint32_t frames;
        uint32_t packed_bytes, bytes;
};

void raw_put_32(uint8_t *to, uint32_t value);
void raw_put_64(uint8_t *to, uint64_t value);
uint32_t raw_get_32(const uint8_t *at);
uint64_t raw_get_64(const uint8_t *at);

void raw_header_write(const struct raw_part *part, uint8_t header[RAW_HEADER_BYTES]);

/* Reads a header and says how long it is; 0: there is none. Of another version, only the versions are read. */
size_t raw_header_read(const uint8_t *bytes, size_t count, struct raw_part *ret_part);

/* The next place where a header may begin, from `bytes` on; NULL: none. */
const uint8_t *raw_header_find(const uint8_t *bytes, size_t count);

bool raw_is(int fd); /* the file, which can be read at any place, has a header near its beginning */
bool raw_is_path(const char *path);

#endif
