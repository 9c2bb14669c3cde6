/* Cuts a stream of bytes into frames. After damage it looks for the next place where a frame that decodes well
 * begins, so one broken frame costs no other. */
#ifndef INPUT_CUTTER_H
#define INPUT_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cutter {
        uint8_t *bytes;
        size_t begin, end;      /* of what is not yet cut */
        bool lost;              /* the begin of the next frame is not known */
        uint64_t damages;       /* times that frames were lost track of */
        unsigned version_other; /* the version of a frame of another version; 0: none seen */
};

enum { CUTTER_BYTES = 1 << 20 };

void cutter_init(struct cutter *cutter);
void cutter_free(struct cutter *cutter);

/* Where to read the next bytes to, and how many at most. */
uint8_t *cutter_room(struct cutter *cutter, size_t *ret_bytes);
void cutter_filled(struct cutter *cutter, size_t bytes);

/* The next whole frame, valid until the next call of cutter_room; NULL: more bytes are needed. At the end of the
 * stream (`last`) what is cut short counts as damage. */
const uint8_t *cutter_next(struct cutter *cutter, bool last, size_t *ret_bytes);

#endif
