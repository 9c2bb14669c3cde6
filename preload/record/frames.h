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
        size_t command_bytes;
        char command[FRAMES_COMMAND_BYTES];
};
extern struct frames frames;

uint64_t frames_now(void);               /* CLOCK_MONOTONIC, ns */
uint16_t frames_birth(uint64_t now_ns);  /* the code of a birth now */
uint64_t frames_birth_ms(uint16_t code); /* since base_ns, when the code began */
void frames_look_at_clock(struct recorder *recorder, uint64_t ticks);

void frames_tell(struct recorder *recorder); /* the news */
void frames_send(struct recorder *recorder);
void frames_next(struct recorder *recorder, uint32_t room); /* sends what there is, and begins the next */

/* Makes sure that a frame is begun and has that much room. Without memory for one, none is: see frames_begun. */
static inline void frames_room(struct recorder *recorder, uint32_t room)
{
        if (UNLIKELY(!recorder->encode.bytes || encode_room(&recorder->encode) < room))
                frames_next(recorder, room);
}

static inline bool frames_begun(const struct recorder *recorder)
{
        return recorder->encode.bytes != 0;
}

static inline void frames_clock(struct recorder *recorder)
{
        uint64_t ticks = platform_ticks();

        if (UNLIKELY(ticks - recorder->clock_ticks >
                     atomic_load_explicit(&frames.clock_ticks_enough, memory_order_relaxed)))
                frames_look_at_clock(recorder, ticks);
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
