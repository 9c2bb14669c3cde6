/* Any bytes as a raw file, as the columns of one of its parts, and as a frame that is put into columns. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/input/raw_reader.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* A frame that comes out must be one that a model can take. */
static void check_frame(const uint8_t *frame, size_t count)
{
        if (count < WIRE_HEADER_BYTES || count > WIRE_FRAME_BYTES_MAX || count != (frame[0] | (size_t)frame[1] << 8))
                abort();
}

static void read_file(const uint8_t *bytes, size_t count)
{
        int fd = memfd_create("fuzz", MFD_CLOEXEC);
        struct raw_reader *reader;
        const uint8_t *frame;
        size_t frame_bytes;
        struct raw_note note;
        enum raw_item item;

        if (fd < 0 || write(fd, bytes, count) != (ssize_t)count)
                abort();
        lseek(fd, 0, SEEK_SET);
        reader = raw_reader_open(fd);
        while ((item = raw_reader_next(reader, &frame, &frame_bytes, &note)) < RAW_ITEM_END)
                if (item == RAW_ITEM_FRAME)
                        check_frame(frame, frame_bytes);
        raw_reader_close(reader);
        close(fd);
}

/* The first bytes say where each column ends. */
static void read_columns(const uint8_t *bytes, size_t count)
{
        static uint8_t frame[COLUMNS_SLACK_BYTES];
        struct columns_reader reader = {0};
        uint8_t *copy;
        size_t at = 0, frame_bytes;

        if (count < 2 * COLUMNS)
                return;
        copy = calloc(1, count - 2 * COLUMNS + COLUMNS_SLACK_BYTES);
        memcpy(copy, bytes + 2 * COLUMNS, count - 2 * COLUMNS);
        for (size_t i = 0; i < COLUMNS; i++) {
                size_t most = count - 2 * COLUMNS - at, wanted = bytes[2 * i] | (size_t)bytes[2 * i + 1] << 8;

                reader.at[i] = copy + at;
                at += wanted < most ? wanted : most;
                reader.end[i] = copy + at;
        }
        while ((frame_bytes = columns_merge(&reader, frame)))
                check_frame(frame, frame_bytes);
        free(copy);
}

static void split_and_merge(const uint8_t *bytes, size_t count)
{
        static struct columns columns;
        static uint8_t frame[WIRE_FRAME_BYTES_MAX], merged[COLUMNS_SLACK_BYTES];
        static uint8_t copy[COLUMNS][WIRE_FRAME_BYTES_MAX + COLUMNS_SLACK_BYTES];
        struct columns_reader reader = {0};

        if (!columns.bytes[0])
                columns_init(&columns, 2 * WIRE_FRAME_BYTES_MAX);
        if (count > WIRE_FRAME_BYTES_MAX - WIRE_HEADER_BYTES)
                count = WIRE_FRAME_BYTES_MAX - WIRE_HEADER_BYTES;
        memcpy(frame + WIRE_HEADER_BYTES, bytes, count);
        count += WIRE_HEADER_BYTES;
        frame[0] = (uint8_t)count;
        frame[1] = (uint8_t)(count >> 8);
        memset(columns.count, 0, sizeof columns.count);
        columns_split(&columns, frame, count);
        for (size_t i = 0; i < COLUMNS; i++) {
                memcpy(copy[i], columns.bytes[i], columns.count[i]);
                reader.at[i] = copy[i];
                reader.end[i] = copy[i] + columns.count[i];
        }
        if (columns_merge(&reader, merged) != count || memcmp(frame, merged, count) != 0)
                abort();
        if (columns_merge(&reader, merged) || reader.damaged)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
        read_file(bytes, count);
        read_columns(bytes, count);
        split_and_merge(bytes, count);
        return 0;
}
