/* Builds streams for tests: frames of many threads and processes, one after the other, in memory. */
#ifndef TESTS_STREAM_H
#define TESTS_STREAM_H

#include "analyzer/model/model.h"
#include "wire/encode.h"

struct stream {
        uint8_t *bytes;
        size_t count, room;
        uint32_t process, thread; /* of the frames to come */
        uint32_t sequence[16][16];
        uint64_t time_ns;
        struct encode encode;
        uint8_t frame[WIRE_FRAME_BYTES_MAX];
        _Atomic uint32_t published;
};

void stream_init(struct stream *stream);
void stream_free(struct stream *stream);

/* The encoder of the frame that is being built, with room for any event. Process and thread numbers below 16. */
struct encode *stream_to(struct stream *stream, uint32_t process, uint32_t thread);
void stream_flush(struct stream *stream);                                                    /* ends the frame */
void stream_skip(struct stream *stream, uint32_t process, uint32_t thread, uint32_t frames); /* as if lost */

void stream_feed(struct stream *stream, struct model *model); /* all its frames, in order */

/* The usual beginnings. */
void stream_process(struct stream *stream, uint32_t process, uint32_t parent, uint32_t pid);
void stream_stack(struct stream *stream, uint32_t process, uint32_t id, uint32_t ancestor, uint64_t pc);
void stream_module(struct stream *stream, uint32_t process, uint64_t start, const char *path);

#endif
