/* pprof's profile.proto, by hand: a message is a run of tagged fields (protobuf's encoding, wire types 0 and 2). Each
 * frame is a location with one line; an inlined one stands before the one that it was inlined into, as in the stack. */
#include "analyzer/reports/export.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

enum { NAME_BYTES = 512 };

/* Numbers of fields, as profile.proto has them. */
enum {
        PROFILE_SAMPLE_TYPE = 1,
        PROFILE_SAMPLE = 2,
        PROFILE_LOCATION = 4,
        PROFILE_FUNCTION = 5,
        PROFILE_STRING = 6,
        PROFILE_DEFAULT = 14
};
enum { TYPE_TYPE = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE };
enum { LOCATION_ID = 1, LOCATION_ADDRESS = 3, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

struct message {
        unsigned char *data;
        size_t bytes, capacity;
};

struct strings {
        char **text;
        size_t count, capacity;
        struct index index;
};

static void put_byte(struct message *message, unsigned char byte)
{
        message->data = xgrow(message->data, message->bytes, &message->capacity, 1);
        message->data[message->bytes++] = byte;
}

static void put_varint(struct message *message, uint64_t value)
{
        for (; value >= 0x80; value >>= 7)
                put_byte(message, (unsigned char)(value | 0x80));
        put_byte(message, (unsigned char)value);
}

static void put_number(struct message *message, unsigned field, int64_t value)
{
        put_varint(message, field << 3);
        put_varint(message, (uint64_t)value);
}

static void put_data(struct message *message, unsigned field, const void *data, size_t bytes)
{
        put_varint(message, field << 3 | 2);
        put_varint(message, bytes);
        for (size_t i = 0; i < bytes; i++)
                put_byte(message, ((const unsigned char *)data)[i]);
}

/* Puts the inner message into the outer one and empties it. */
static void put_message(struct message *outer, unsigned field, struct message *inner)
{
        put_data(outer, field, inner->data, inner->bytes);
        inner->bytes = 0;
}

static int64_t string_number(struct strings *strings, const char *text)
{
        uint64_t hash = 0;
        uint32_t number;

        for (const char *at = text; *at; at++)
                hash = index_mix(hash, (unsigned char)*at);
        for (struct index_probe probe = {.hash = index_hash(hash)};
             (number = index_next(&strings->index, &probe)) != INDEX_NONE;)
                if (strcmp(strings->text[number], text) == 0)
                        return number;
        strings->text = xgrow(strings->text, strings->count, &strings->capacity, sizeof *strings->text);
        strings->text[strings->count] = xstrdup(text);
        index_add(&strings->index, index_hash(hash), (uint32_t)strings->count);
        return (int64_t)strings->count++;
}

static void strings_free(struct strings *strings)
{
        for (size_t i = 0; i < strings->count; i++)
                free(strings->text[i]);
        free(strings->text);
        index_free(&strings->index);
}

/* The names that Go's own heap profiles have where they mean the same. */
static const char *type_name(enum export_cost cost, bool bytes)
{
        static const char *const names[EXPORT_COSTS][2] = {
                [EXPORT_LIVE] = {"inuse_objects", "inuse_space"},
                [EXPORT_PEAK] = {"peak_objects", "peak_space"},
                [EXPORT_ALLOCATED] = {"alloc_objects", "alloc_space"},
                [EXPORT_LEAKED] = {"leaked_objects", "leaked_space"},
        };

        return names[cost][bytes];
}

static void put_types(struct message *profile, struct strings *strings)
{
        struct message type = {0};

        for (int i = 0; i < 2 * EXPORT_COSTS; i++) {
                put_number(&type, TYPE_TYPE, string_number(strings, type_name((enum export_cost)(i / 2), i % 2)));
                put_number(&type, TYPE_UNIT, string_number(strings, i % 2 ? "bytes" : "count"));
                put_message(profile, PROFILE_SAMPLE_TYPE, &type);
        }
        free(type.data);
}

static void put_samples(struct message *profile, const struct table *costs, struct export_frames *frames)
{
        struct message sample = {0}, packed = {0};

        for (size_t i = 0; i < costs->row_count; i++) {
                const struct row *row = &costs->row[i];
                struct stack_walk walk = stack_walk(row->stack);

                for (const struct frame *frame; (frame = stack_next(&walk));)
                        put_varint(&packed, export_frame_number(frames, frame) + UINT64_C(1));
                put_message(&sample, SAMPLE_LOCATION, &packed);
                for (int cost = 0; cost < EXPORT_COSTS; cost++) {
                        put_varint(&packed, (uint64_t)export_blocks(row, (enum export_cost)cost));
                        put_varint(&packed, (uint64_t)export_bytes(row, (enum export_cost)cost));
                }
                put_message(&sample, SAMPLE_VALUE, &packed);
                put_message(profile, PROFILE_SAMPLE, &sample);
        }
        free(sample.data);
        free(packed.data);
}

static void put_places(struct message *profile, const struct export_frames *frames, struct strings *strings)
{
        struct message part = {0}, line = {0};
        char buffer[NAME_BYTES];

        for (size_t i = 0; i < frames->count; i++) {
                const struct frame *frame = frames->frame[i];
                int64_t id = (int64_t)i + 1, name = string_number(strings, export_frame_name(frame, buffer));

                put_number(&line, LINE_FUNCTION, id);
                put_number(&line, LINE_LINE, frame->line);
                put_number(&part, LOCATION_ID, id);
                put_number(&part, LOCATION_ADDRESS, frame->offset == FRAME_NO_OFFSET ? 0 : frame->offset);
                put_message(&part, LOCATION_LINE, &line);
                put_message(profile, PROFILE_LOCATION, &part);
                put_number(&part, FUNCTION_ID, id);
                put_number(&part, FUNCTION_NAME, name);
                put_number(&part, FUNCTION_SYSTEM_NAME, name);
                put_number(&part, FUNCTION_FILE, string_number(strings, frame->file ? frame->file : ""));
                put_message(profile, PROFILE_FUNCTION, &part);
        }
        free(part.data);
        free(line.data);
}

void export_pprof(const struct table *costs, enum export_cost cost, FILE *out)
{
        struct message profile = {0};
        struct export_frames frames = {0};
        struct strings strings = {0};

        string_number(&strings, ""); /* the first is to be empty */
        put_types(&profile, &strings);
        put_samples(&profile, costs, &frames);
        put_places(&profile, &frames, &strings);
        put_number(&profile, PROFILE_DEFAULT, string_number(&strings, type_name(cost, true)));
        for (size_t i = 0; i < strings.count; i++)
                put_data(&profile, PROFILE_STRING, strings.text[i], strlen(strings.text[i]));
        fwrite(profile.data, 1, profile.bytes, out);
        free(profile.data);
        strings_free(&strings);
        export_frames_free(&frames);
}
