/* A frame with a header that has a different value in every field. */
#include "tests/unit/wire/frame.h"

void frame_begin(struct frame *frame)
{
        static const struct wire_header header = {
                .version = WIRE_VERSION,
                .flags = 0x5a,
                .process = 0x01020304,
                .thread = 0x0a0b0c0d,
                .sequence = 0xfffffffe,
                .time_ns = 0x1122334455667788,
        };

        memset(frame, 0, sizeof *frame);
        frame->encode.frame = frame->bytes;
        frame->encode.published = &frame->published;
        encode_begin(&frame->encode, &header);
}

enum decode_status frame_read(struct frame *frame, struct wire_event *ret_event, size_t event_max, size_t *ret_count)
{
        struct decode decode;
        enum decode_status status = DECODE_OK;

        encode_finish(&frame->encode);
        decode_frame(&decode, frame->bytes, frame->encode.bytes);
        for (*ret_count = 0; *ret_count < event_max; (*ret_count)++) {
                status = decode_next(&decode, &ret_event[*ret_count]);
                if (status != DECODE_OK)
                        return status;
        }
        return decode_next(&decode, &(struct wire_event){0});
}
