/* The frames of one thread, its clock, and what all threads of a process share: the inside of the recorder, for
 * recorder.c and last_words.c alone. */
#ifndef PRELOAD_RECORD_FRAMES_H
#define PRELOAD_RECORD_FRAMES_H

#include <stdatomic.h>

#include "preload/platform.h"
#include "preload/record/recorder.h"

enum { FRAMES_COMMAND_BYTES = 1024 };

struct frames {
        struct recorder_options options;
        uint64_t base_ns;  /* births count from here, in forked children too */
        uint64_t start_ns; /* of this process */
        uint32_t process, parent_process;
        uint16_t birth_min; /* the first birth of this process; earlier ones are inherited. 0: not forked */
        _Atomic uint32_t threads;
        _Atomic bool announced;              /* the process */
        _Atomic uint64_t clock_ticks_enough; /* ticks in about a millisecond */
        const _Atomic uint32_t *clock;       /* shared with the reader, which changes it every millisecond; 0: stands */
        _Atomic uint64_t lost_events, lost_frames; /* of threads that have ended, not yet told */
        size_t command_bytes;
        char command[FRAMES_COMMAND_BYTES];
};
extern struct frames frames;

uint64_t frames_now(void);               /* CLOCK_MONOTONIC, ns */
uint16_t frames_birth(uint64_t now_ns);  /* the code of a birth now */
uint64_t frames_birth_ms(uint16_t code); /* since base_ns, when the code began */
void frames_look_at_clock(struct recorder *recorder);

void frames_tell(struct recorder *recorder); /* the news */
void frames_send(struct recorder *recorder);
void frames_bequeath(struct recorder *recorder); /* its thread ends: what it has lost is for others to tell */
void frames_next(struct recorder *recorder, uint32_t room); /* sends what there is, and begins the next */

/* Makes sure that a frame is begun and has that much room. Without memory for one, none is: see frames_begun. */
static inline void frames_room(struct recorder *recorder, uint32_t room)
{
        if (UNLIKELY(!recorder->encode.bytes || encode_room(&recorder->encode) < room))
                frames_next(recorder, room);
}

/* What an event says of a block's size. */
static inline uint64_t frames_size(size_t size, size_t usable)
{
        return UNLIKELY(frames.options.sample_rate) ? wire_sampled_size(size, usable) : size;
}

static inline bool frames_begun(const struct recorder *recorder)
{
        return recorder->encode.bytes != 0;
}

/* Whether less than about a millisecond has passed since the last look at the clock. The processor's own counter takes
 * longer to read than all the rest of an event to write; while the reader keeps the shared clock going, that is asked,
 * and the counter only now and then, in case the reader has been stopped. */
bool frames_clock_is_fresh_slow(struct recorder *recorder, uint32_t word);
static inline bool frames_clock_is_fresh(struct recorder *recorder)
{
        uint32_t word = atomic_load_explicit(frames.clock, memory_order_relaxed);

        if (UNLIKELY(word != recorder->clock_word || !recorder->clock_trust))
                return frames_clock_is_fresh_slow(recorder, word);
        recorder->clock_trust--;
        return true;
}

static inline void frames_clock(struct recorder *recorder)
{
        if (UNLIKELY(!frames_clock_is_fresh(recorder)))
                frames_look_at_clock(recorder);
}

static inline uint64_t record_make(enum wire_alloc_kind kind, size_t slack, uint16_t birth, uint32_t stack)
{
        return RECORDER_LIVE | (uint64_t)kind << RECORDER_KIND_SHIFT | (uint64_t)slack << RECORDER_SLACK_SHIFT |
               (uint64_t)birth << RECORDER_BIRTH_SHIFT | stack;
}

static inline enum wire_age frames_age(const struct recorder *recorder, uint16_t birth)
{
        unsigned age = WIRE_AGE_1MS;

        while (age < WIRE_AGE_OLDER && birth < recorder->age_birth[age])
                age++;
        return (enum wire_age)age;
}

static inline bool record_is_inherited(uint64_t record)
{
        return (uint16_t)(record >> RECORDER_BIRTH_SHIFT) < frames.birth_min;
}

/* The record of a block that the recorder itself caused. */
static inline bool record_is_silent(uint64_t record)
{
        return (record >> RECORDER_KIND_SHIFT & 7) == WIRE_ALLOC_KINDS;
}

#endif
