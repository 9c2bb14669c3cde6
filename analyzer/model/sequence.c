/* Gaps are kept as ranges, so a long outage costs no more than a short one. */
#include "analyzer/model/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

static void gap_insert(struct sequence *sequence, size_t at, struct gap gap)
{
        sequence->gap = xgrow(sequence->gap, sequence->gap_count, &sequence->gap_room, sizeof gap);
        memmove(&sequence->gap[at + 1], &sequence->gap[at], (sequence->gap_count - at) * sizeof gap);
        sequence->gap[at] = gap;
        sequence->gap_count++;
}

static void gap_remove(struct sequence *sequence, size_t at)
{
        sequence->gap_count--;
        memmove(&sequence->gap[at], &sequence->gap[at + 1], (sequence->gap_count - at) * sizeof(struct gap));
}

static void gap_fill(struct sequence *sequence, size_t at, uint32_t number)
{
        struct gap *gap = &sequence->gap[at];
        uint64_t before = number - gap->first;
        uint64_t behind = gap->count - before - 1;

        if (before)
                gap->count = before;
        else
                gap_remove(sequence, at--);
        if (behind)
                gap_insert(sequence, at + 1, (struct gap){number + 1, behind});
}

bool sequence_take(struct sequence *sequence, uint32_t number)
{
        if (number >= sequence->next) {
                uint64_t missing = number - sequence->next;

                if (missing)
                        gap_insert(sequence, sequence->gap_count, (struct gap){(uint32_t)sequence->next, missing});
                sequence->next = (uint64_t)number + 1;
                return true;
        }
        for (size_t i = sequence->gap_count; i-- > 0 && sequence->gap[i].first + sequence->gap[i].count > number;) {
                if (sequence->gap[i].first <= number) {
                        gap_fill(sequence, i, number);
                        return true;
                }
        }
        return false;
}

uint64_t sequence_missing(const struct sequence *sequence)
{
        uint64_t missing = 0;

        for (size_t i = 0; i < sequence->gap_count; i++)
                missing += sequence->gap[i].count;
        return missing;
}

void sequence_free(struct sequence *sequence)
{
        free(sequence->gap);
        *sequence = (struct sequence){0};
}
