/* The header's checks are weak: half of all byte pairs are a possible length. So a place to go on from is believed
 * only when the whole frame decodes. */
#include "analyzer/input/cutter.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"
#include "wire/decode.h"

void cutter_init(struct cutter *cutter)
{
        *cutter = (struct cutter){.bytes = xmalloc(CUTTER_BYTES)};
}

void cutter_free(struct cutter *cutter)
{
        free(cutter->bytes);
}

uint8_t *cutter_room(struct cutter *cutter, size_t *ret_bytes)
{
        memmove(cutter->bytes, cutter->bytes + cutter->begin, cutter->end - cutter->begin);
        cutter->end -= cutter->begin;
        cutter->begin = 0;
        *ret_bytes = CUTTER_BYTES - cutter->end;
        return cutter->bytes + cutter->end;
}

void cutter_filled(struct cutter *cutter, size_t bytes)
{
        cutter->end += bytes;
}

static bool decodes(const uint8_t *frame, size_t bytes)
{
        struct decode decode;
        struct wire_event event;
        enum decode_status status;

        decode_frame(&decode, frame, bytes);
        while ((status = decode_next(&decode, &event)) == DECODE_OK)
                ;
        return status == DECODE_END && decode.events_skipped == 0;
}

/* DECODE_OK: a frame lies at the front. DECODE_SHORT: perhaps, once more bytes are there. */
static enum decode_status look(struct cutter *cutter, struct wire_header *header)
{
        size_t there = cutter->end - cutter->begin;
        enum decode_status status = decode_header(cutter->bytes + cutter->begin, there, header);

        if (status == DECODE_VERSION && !cutter->lost) /* in the middle of nowhere, any byte may look like a version */
                cutter->version_other = header->version;
        if (status != DECODE_OK)
                return status;
        if (header->process == 0 || header->thread == 0)
                return DECODE_CORRUPT;
        if (header->bytes > there)
                return DECODE_SHORT;
        if (cutter->lost && !decodes(cutter->bytes + cutter->begin, header->bytes))
                return DECODE_CORRUPT;
        return DECODE_OK;
}

static void lose(struct cutter *cutter)
{
        cutter->damages += !cutter->lost;
        cutter->lost = true;
}

const uint8_t *cutter_next(struct cutter *cutter, bool last, size_t *ret_bytes)
{
        struct wire_header header;

        while (cutter->begin < cutter->end) {
                enum decode_status status = look(cutter, &header);

                if (status == DECODE_OK) {
                        const uint8_t *frame = cutter->bytes + cutter->begin;

                        cutter->lost = false;
                        cutter->begin += header.bytes;
                        *ret_bytes = header.bytes;
                        return frame;
                }
                if (status == DECODE_SHORT && !last)
                        return NULL;
                lose(cutter);
                cutter->begin++;
        }
        return NULL;
}
