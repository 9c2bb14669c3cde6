/* Any bytes as one frame: the decoder must stay inside of them and come to an end. */
#include <stdlib.h>
#include <string.h>

#include "wire/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static volatile unsigned sink; /* keeps the reads */

/* Touches what the event points to, so that the sanitizer sees a pointer that leads astray. */
static unsigned touch(const struct wire_event *event)
{
        const void *text[2] = {NULL, NULL};
        size_t length[2] = {0, 0};
        unsigned sum = 0;

        if (event->kind == WIRE_PROCESS) {
                text[0] = event->process.exe, length[0] = event->process.exe_bytes;
                text[1] = event->process.command, length[1] = event->process.command_bytes;
        } else if (event->kind == WIRE_MODULE) {
                text[0] = event->module.path, length[0] = event->module.path_bytes;
                text[1] = event->module.build_id, length[1] = event->module.build_id_bytes;
        } else if (event->kind == WIRE_THREAD) {
                text[0] = event->thread.name, length[0] = event->thread.name_bytes;
        } else if (event->kind == WIRE_SUPPRESSIONS) {
                text[0] = event->suppressions.text, length[0] = event->suppressions.text_bytes;
        } else if (event->kind == WIRE_LEAK_CHAIN && event->leak_chain.count > WIRE_LINKS_MAX) {
                abort();
        } else if (event->kind == WIRE_STACK && event->stack.frame_count > WIRE_STACK_FRAMES_MAX) {
                abort();
        } else if (event->kind == WIRE_CLASSES && event->classes.class_count > WIRE_CLASSES_MAX) {
                abort();
        }
        for (int i = 0; i < 2; i++)
                for (size_t j = 0; j < length[i]; j++)
                        sum += ((const uint8_t *)text[i])[j];
        return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
        struct wire_header header;
        struct decode decode;
        struct wire_event event;
        size_t events = 0;

        if (decode_header(bytes, count, &header) != DECODE_OK)
                return 0;
        if (header.bytes < count)
                count = header.bytes;
        decode_frame(&decode, bytes, count);
        while (decode_next(&decode, &event) == DECODE_OK) {
                sink += touch(&event);
                if (++events > count)
                        abort(); /* an event takes at least a byte */
        }
        return 0;
}
