/* Reads a raw file, whatever has happened to it: what is damaged or cut off is left out and counted. */
#ifndef INPUT_RAW_READER_H
#define INPUT_RAW_READER_H

#include "analyzer/input/raw.h"

enum raw_item {
        RAW_ITEM_FRAME,
        RAW_ITEM_NOTE,
        RAW_ITEM_END,
        RAW_ITEM_VERSION, /* what follows is of a version that this program does not read: damage.version_raw,
                             damage.version_wire */
        RAW_ITEM_FAILED,  /* errno says why */
};

/* What is missing of the file. */
struct raw_damage {
        uint64_t parts;                     /* that were damaged or are not there, though later ones are */
        uint64_t frames;                    /* that were in them, as far as their headers say */
        bool cut;                           /* the last part of the run is not there */
        unsigned version_raw, version_wire; /* of the first part of another version; 0: there is none */
};

struct raw_reader;

struct raw_reader *raw_reader_open(int fd); /* which stays the caller's */
void raw_reader_close(struct raw_reader *reader);

/* The next item: a frame, valid until the next call, or a note. */
enum raw_item raw_reader_next(struct raw_reader *reader, const uint8_t **ret_frame, size_t *ret_bytes,
                              struct raw_note *ret_note);

uint64_t raw_reader_offset(const struct raw_reader *reader);                     /* bytes of the file that are done */
void raw_reader_damage(const struct raw_reader *reader, struct raw_damage *ret); /* so far; `cut` at the end */

#endif
