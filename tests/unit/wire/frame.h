/* One frame, to be filled by the encoder and read back by the decoder. */
#ifndef TESTS_WIRE_FRAME_H
#define TESTS_WIRE_FRAME_H

#include "wire/decode.h"
#include "wire/encode.h"

struct frame {
        uint8_t bytes[WIRE_FRAME_BYTES_MAX];
        _Atomic uint32_t published;
        struct encode encode;
};

void frame_begin(struct frame *frame);

/* Reads the frame's events into ret_event, at most event_max, and says how reading ended. Strings of the events point
 * into the frame. */
enum decode_status frame_read(struct frame *frame, struct wire_event *ret_event, size_t event_max, size_t *ret_count);

#endif
