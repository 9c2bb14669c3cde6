/* Which frames of one thread have come. Frames come in order, except those salvaged from shared memory, which may
 * overtake the pipe or repeat what came through it. */
#ifndef MODEL_SEQUENCE_H
#define MODEL_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gap {
        uint32_t first;
        uint64_t count;
};

struct sequence {
        uint64_t next;
        struct gap *gap; /* missing below next, rising */
        size_t gap_count, gap_room;
};

bool sequence_take(struct sequence *sequence, uint32_t number); /* false: this one has come already */
uint64_t sequence_missing(const struct sequence *sequence);
void sequence_free(struct sequence *sequence);

#endif
