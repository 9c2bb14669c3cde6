/* Patterns and their comparison. */
#include "preload/check/contents.h"

#include <string.h>

/* No two places have the same pattern, so that a copy of one block over another shows. Never zero, which is what
 * overflows write most. */
static inline uint8_t canary_at(const uint8_t *place)
{
        return (uint8_t)(((uintptr_t)place * UINT64_C(0x9e3779b97f4a7c15)) >> 56 | 1);
}

static size_t canary_bytes(size_t size, size_t usable)
{
        size_t slack = usable - size;

        if (slack < CONTENTS_SLACK_MIN)
                return 0;
        return slack < CONTENTS_CANARY_MAX ? slack : CONTENTS_CANARY_MAX;
}

void contents_put_canary(void *start, size_t size, size_t usable)
{
        uint8_t *canary = (uint8_t *)start + size;
        size_t bytes = canary_bytes(size, usable);

        for (size_t i = 0; i < bytes; i++)
                canary[i] = canary_at(canary + i);
}

static inline void note(struct contents_change *change, size_t offset)
{
        if (!change->bytes)
                change->offset = offset;
        change->bytes++;
}

struct contents_change contents_check_canary(const void *start, size_t size, size_t usable)
{
        const uint8_t *canary = (const uint8_t *)start + size;
        size_t bytes = canary_bytes(size, usable);
        struct contents_change change = {0, 0};

        for (size_t i = 0; i < bytes; i++)
                if (canary[i] != canary_at(canary + i))
                        note(&change, size + i);
        return change;
}

struct contents_change contents_check_fill(const void *start, size_t usable, uint8_t byte)
{
        const uint8_t *at = start;
        struct contents_change change = {0, 0};

        /* Equal to itself one byte further on, and right at first: the usual case in one call. */
        if (usable == 0 || (at[0] == byte && memcmp(at, at + 1, usable - 1) == 0))
                return change;
        for (size_t i = 0; i < usable; i++)
                if (at[i] != byte)
                        note(&change, i);
        return change;
}
