/* Headers of parts, and how to know a raw file. */
#include "analyzer/input/raw.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/xalloc.h"
#include "wire/wire.h"

enum {
        FRONT_BYTES = 16, /* magic, length, signature */
        CHECK_BYTES = 8,
        HEADER_BYTES_MIN = FRONT_BYTES + 4 + CHECK_BYTES, /* of any version */
        HEADER_BYTES_MAX = 1024,
        LOOKED_AT = 2 << 20, /* one damaged part may stand in front */
};

void raw_put_32(uint8_t *to, uint32_t value)
{
        for (int i = 0; i < 4; i++)
                to[i] = (uint8_t)(value >> 8 * i);
}

void raw_put_64(uint8_t *to, uint64_t value)
{
        raw_put_32(to, (uint32_t)value);
        raw_put_32(to + 4, (uint32_t)(value >> 32));
}

uint32_t raw_get_32(const uint8_t *at)
{
        return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint64_t raw_get_64(const uint8_t *at)
{
        return raw_get_32(at) | (uint64_t)raw_get_32(at + 4) << 32;
}

static uint64_t check_of(const uint8_t *bytes, size_t count)
{
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        while (count--)
                hash = (hash ^ *bytes++) * UINT64_C(0x100000001b3);
        return hash;
}

void raw_header_write(const struct raw_part *part, uint8_t header[RAW_HEADER_BYTES])
{
        raw_put_32(header, RAW_MAGIC);
        raw_put_32(header + 4, RAW_HEADER_BYTES - 8);
        memcpy(header + 8, RAW_SIGNATURE, sizeof RAW_SIGNATURE);
        raw_put_32(header + 16, RAW_VERSION | (uint32_t)WIRE_VERSION << 16);
        raw_put_32(header + 20, part->number);
        raw_put_32(header + 24, part->frames);
        raw_put_32(header + 28, part->packed_bytes);
        raw_put_32(header + 32, part->bytes);
        raw_put_64(header + 36, check_of(header, 36));
}

size_t raw_header_read(const uint8_t *bytes, size_t count, struct raw_part *ret_part)
{
        size_t header_bytes;

        if (count < HEADER_BYTES_MIN || raw_header_find(bytes, FRONT_BYTES) != bytes)
                return 0;
        header_bytes = 8 + (size_t)raw_get_32(bytes + 4);
        if (header_bytes < HEADER_BYTES_MIN || header_bytes > HEADER_BYTES_MAX || header_bytes > count ||
            check_of(bytes, header_bytes - CHECK_BYTES) != raw_get_64(bytes + header_bytes - CHECK_BYTES))
                return 0;
        *ret_part = (struct raw_part){.version = raw_get_32(bytes + 16) & 0xffff,
                                      .wire_version = raw_get_32(bytes + 16) >> 16};
        if (ret_part->version != RAW_VERSION)
                return header_bytes;
        if (header_bytes != RAW_HEADER_BYTES)
                return 0;
        ret_part->number = raw_get_32(bytes + 20);
        ret_part->frames = raw_get_32(bytes + 24);
        ret_part->packed_bytes = raw_get_32(bytes + 28);
        ret_part->bytes = raw_get_32(bytes + 32);
        return header_bytes;
}

const uint8_t *raw_header_find(const uint8_t *bytes, size_t count)
{
        const uint8_t *end = bytes + count, *found = bytes + 8;

        while (found < end && (found = memmem(found, (size_t)(end - found), RAW_SIGNATURE, sizeof RAW_SIGNATURE))) {
                if (raw_get_32(found - 8) == RAW_MAGIC)
                        return found - 8;
                found++;
        }
        return NULL;
}

bool raw_is(int fd)
{
        uint8_t *bytes = xmalloc(LOOKED_AT);
        ssize_t count = pread(fd, bytes, LOOKED_AT, 0);
        bool is = count > FRONT_BYTES && raw_header_find(bytes, (size_t)count) != NULL;

        free(bytes);
        return is;
}

bool raw_is_path(const char *path)
{
        static const char database[] = "SQLite format 3"; /* a profile may hold anything, the name of this format too */
        char front[sizeof database] = "";
        struct stat facts;
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        bool is = fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
                  (pread(fd, front, sizeof front, 0) < 0 || memcmp(front, database, sizeof front) != 0) && raw_is(fd);

        if (fd >= 0)
                close(fd);
        return is;
}
