/* Sequence numbers are kept for each thread, as the recorder does. */
#include "tests/unit/analyzer/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void stream_init(struct stream *stream)
{
        memset(stream, 0, sizeof *stream);
        stream->encode.frame = stream->frame;
        stream->encode.published = &stream->published;
        stream->time_ns = 1000000000;
}

void stream_free(struct stream *stream)
{
        free(stream->bytes);
}

void stream_flush(struct stream *stream)
{
        if (stream->encode.bytes == 0)
                return;
        encode_finish(&stream->encode);
        if (stream->count + stream->encode.bytes > stream->room) {
                stream->room = (stream->room + WIRE_FRAME_BYTES_MAX) * 2;
                stream->bytes = realloc(stream->bytes, stream->room);
                assert(stream->bytes);
        }
        memcpy(stream->bytes + stream->count, stream->frame, stream->encode.bytes);
        stream->count += stream->encode.bytes;
        stream->encode.bytes = 0;
}

void stream_skip(struct stream *stream, uint32_t process, uint32_t thread, uint32_t frames)
{
        stream_flush(stream);
        stream->sequence[process][thread] += frames;
}

void stream_feed(struct stream *stream, struct model *model)
{
        stream_flush(stream);
        for (size_t at = 0; at < stream->count;) {
                size_t bytes = stream->bytes[at] | (size_t)stream->bytes[at + 1] << 8;

                model_frame(model, stream->bytes + at, bytes, false);
                at += bytes;
        }
}

struct encode *stream_to(struct stream *stream, uint32_t process, uint32_t thread)
{
        assert(process < 16 && thread < 16);
        if (process != stream->process || thread != stream->thread ||
            encode_room(&stream->encode) < ENCODE_COLD_BYTES_MAX + ENCODE_HOT_BYTES_MAX)
                stream_flush(stream);
        stream->process = process;
        stream->thread = thread;
        if (stream->encode.bytes == 0) {
                const struct wire_header header = {
                        .version = WIRE_VERSION,
                        .process = process,
                        .thread = thread,
                        .sequence = stream->sequence[process][thread]++,
                        .time_ns = stream->time_ns,
                };

                encode_begin(&stream->encode, &header);
        }
        return &stream->encode;
}

void stream_process(struct stream *stream, uint32_t process, uint32_t parent, uint32_t pid)
{
        static const char exe[] = "/usr/bin/example", command[] = "example\0--fast\0";
        const struct wire_process told = {
                .pid = pid,
                .parent_pid = 1,
                .parent_process = parent,
                .start_ns = stream->time_ns,
                .flags = WIRE_PROCESS_TRACED,
                .exe = exe,
                .exe_bytes = sizeof exe - 1,
                .command = command,
                .command_bytes = sizeof command - 1,
        };

        encode_process(stream_to(stream, process, 1), &told);
}

void stream_stack(struct stream *stream, uint32_t process, uint32_t id, uint32_t ancestor, uint64_t pc)
{
        const struct wire_pc frame = {pc, pc ? 1 : 0};

        encode_stack(stream_to(stream, process, 1), id, ancestor, 0, &frame, 1);
}

void stream_module(struct stream *stream, uint32_t process, uint64_t start, const char *path)
{
        const struct wire_module module = {
                .generation = 1,
                .start = start,
                .end = start + 0x10000,
                .bias = start,
                .path = path,
                .path_bytes = strlen(path),
        };

        encode_module(stream_to(stream, process, 1), &module);
}
