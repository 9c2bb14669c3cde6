/* The recorder's quick ways, for inlining: what recorder_alloc and recorder_free do nearly every time. Each is used
 * only when recorder_is_ready has just said so; else recorder.h has the whole of it. */
#ifndef PRELOAD_RECORD_QUICK_H
#define PRELOAD_RECORD_QUICK_H

#include "preload/record/frames.h"
#include "preload/record/recorder.h"

/* There is a frame with room for so many events, somebody reads, and it is not yet time to look at the clock. */
static inline bool recorder_is_ready(struct recorder *recorder, uint32_t events)
{
        /* One comparison for both: 0 bytes are no frame. */
        return LIKELY(recorder->encode.bytes - 1 < WIRE_FRAME_BYTES_MAX - events * ENCODE_HOT_BYTES_MAX) &&
               LIKELY(channel_is_open()) && frames_clock_is_fresh(recorder);
}

/* The stack of a capture that the recent stacks did not answer; there is room for two events then. errno survives. */
uint32_t recorder_capture_missed(struct recorder *recorder, const uintptr_t *frame);

/* Returns the side record. */
static inline __attribute__((always_inline)) uint64_t recorder_alloc_quick(struct recorder *recorder,
                                                                           const uintptr_t *frame,
                                                                           enum wire_alloc_kind kind, size_t size,
                                                                           size_t usable, const void *block)
{
        uint32_t stack = memo_recent(recorder->memo, frame);

        if (UNLIKELY(!stack))
                stack = recorder_capture_missed(recorder, frame);
        if (LIKELY(frames_begun(recorder)))
                encode_alloc(&recorder->encode, kind, stack, size);
        recorder->requested_bytes += size;
        recorder->allocations++;
        recorder->last = block;
        return record_make(kind, usable - size, recorder->birth, stack);
}

/* Whether recorder_free_quick will do for the record: of a block that lives, of this process, and not our own. */
static inline bool recorder_is_plain(uint64_t record)
{
        return (record & RECORDER_LIVE) && !record_is_silent(record) && !record_is_inherited(record);
}

static inline void recorder_free_quick(struct recorder *recorder, uint64_t record, size_t usable, const void *block)
{
        enum wire_age age = WIRE_AGE_TEMPORARY;

        if (block != recorder->last)
                age = frames_age(recorder, (uint16_t)(record >> RECORDER_BIRTH_SHIFT));
        encode_free(&recorder->encode, age, (uint32_t)record, recorder_size(record, usable));
        recorder->frees++;
        recorder->last = NULL;
}

/* A realloc in place, as recorder_resize records it: two events. Returns the new side record. */
static inline uint64_t recorder_resize_quick(struct recorder *recorder, const uintptr_t *frame, uint64_t record,
                                             size_t size, size_t usable, const void *block)
{
        uint32_t stack = memo_recent(recorder->memo, frame);

        if (UNLIKELY(!stack))
                stack = recorder_capture_missed(recorder, frame);
        if (LIKELY(frames_begun(recorder))) {
                encode_free(&recorder->encode, WIRE_AGE_RESIZED, (uint32_t)record, recorder_size(record, usable));
                encode_alloc(&recorder->encode, WIRE_RESIZED, stack, size);
        }
        recorder->requested_bytes += size;
        recorder->resizes++;
        recorder->last = block;
        return record_make(WIRE_RESIZED, usable - size, recorder->birth, stack);
}

#endif
