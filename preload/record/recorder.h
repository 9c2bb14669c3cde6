/* The recorder of one thread: from an allocation to its side record and its event.
 *
 * The side record of a block: bit 63 live, 62-60 kind, 59-48 slack (usable minus requested bytes), 47-32 birth,
 * 31-0 stack id. That of a freed block: see recorder_freed. The birth is a code of the milliseconds since the start of
 * the recording: linear up to 4095, then 2048 steps to each doubling. */
#ifndef PRELOAD_RECORD_RECORDER_H
#define PRELOAD_RECORD_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/record/channel.h"
#include "preload/record/memo.h"
#include "wire/encode.h"

struct recorder {
        struct memo *memo;                  /* NULL: not begun */
        const void *last;                   /* the block allocated last; never followed */
        uint64_t clock_ticks;               /* platform_ticks at the last look at the clock */
        uint32_t clock_word;                /* the shared clock then; see frames_clock */
        uint32_t clock_trust;               /* events for which that alone is asked */
        uint64_t now_ns, tick_ns;           /* CLOCK_MONOTONIC: then, and as far as the frame's events tell */
        uint16_t birth;                     /* code of now_ns */
        uint16_t age_birth[WIRE_AGE_OLDER]; /* by age: the first birth that is not older; see frames_age */
        bool thread_announced;
        bool due;    /* options.due has said so; for whoever acts on it to take back */
        bool silent; /* what is allocated is not the program's: it gets a record, but no event */
        uint32_t thread, sequence;
        uint64_t allocations, frees, resizes, requested_bytes;
        uint64_t frees_inherited;          /* of blocks born before the fork */
        uint64_t frame_events;             /* how many of all these there were when the frame was begun */
        uint64_t lost_events, lost_frames; /* not yet told */
        enum channel_way way;
        struct channel_slot slot;
        struct encode encode;
};

/* What others have to tell, one event at a time. */
struct recorder_news {
        enum { RECORDER_NEWS_LIMITS, RECORDER_NEWS_PURGED } kind;
        union {
                struct wire_limits limits;
                struct wire_purged purged;
        };
};

struct recorder_options {
        enum memo_mode mode;
        unsigned stack_depth;
        bool own_malloc;      /* the program brings its own malloc */
        bool traced;          /* false: only the figures of the end are sent */
        bool late;            /* blocks were allocated before */
        uint32_t sample_rate; /* of a sample of one byte in so many; 0: every block is recorded */
        const char *exe;      /* stays */
        int argument_count;   /* of the program, read now */
        char **argument;
        struct wire_classes classes;
        /* Asked whenever a recorder looks at the clock, about once in a millisecond, and at the end. False: no news. */
        bool (*news)(struct recorder_news *ret_news);
        bool (*due)(uint64_t now_ns); /* asked as often: whether the caller is to do something when its call is over */
};

/* In the constructor, once the channel is open. False: no memory, or an unwinder is missing. */
bool recorders_open(const struct recorder_options *options);

/* A recorder is all zero at first. False: no memory. */
bool recorder_begin(struct recorder *recorder);
void recorder_introduce(struct recorder *recorder); /* begins its first frame, if it has none */
void recorder_hello(struct recorder *recorder);     /* and sends it at once */
void recorder_tell(struct recorder *recorder);      /* sends the news at once */
/* The next event of its thread, if any thread's it is, brings the news. */
static inline void recorder_hurry(struct recorder *recorder)
{
        recorder->clock_ticks = 0;
        recorder->clock_trust = 0;
}
void recorder_end(struct recorder *recorder); /* its thread has ended: sends what there is; can be begun again */

/* Whether anything is recorded still. */
bool recorder_is_on(void);

/* Records an allocation and returns the side record. `frame` is __builtin_frame_address(0) of the function that the
 * program called. */
uint64_t recorder_alloc(struct recorder *recorder, const uintptr_t *frame, enum wire_alloc_kind kind, size_t size,
                        size_t usable, const void *block);
/* Records a free. `record` is what the block's side record held. Call it before the block can be allocated again. */
void recorder_free(struct recorder *recorder, uint64_t record, size_t usable, const void *block);
/* Records a realloc in place, and returns the new side record. */
uint64_t recorder_resize(struct recorder *recorder, const uintptr_t *frame, uint64_t record, size_t usable_old,
                         size_t size, size_t usable, const void *block);

/* The same for a block that the sample has lost by it, and for one that it has won. */
void recorder_resize_lost(struct recorder *recorder, uint64_t record, size_t usable_old, const void *block);
uint64_t recorder_resize_won(struct recorder *recorder, const uintptr_t *frame, size_t size, size_t usable,
                             const void *block);

/* Records that the program has misused a block. Fills in error->stack, and the place of the address if that is the
 * thread's stack; `frame` NULL: leaves both as they are. */
void recorder_error(struct recorder *recorder, const uintptr_t *frame, struct wire_error *error);
/* Records that a guarded block was allocated or freed. */
void recorder_guarded(struct recorder *recorder, const struct wire_guarded *guarded);
uint32_t recorder_stack(struct recorder *recorder, const uintptr_t *frame); /* 0: none could be had */

/* Around the real dlclose; either may be called with NULL. */
void recorder_unload_begin(struct recorder *recorder);

/* In a raw copy of the process, which speaks for it through one recorder: what the process tells itself is not told. */
void recorders_in_copy(void);

/* In a forked child: all that follows belongs to a new process of the stream. */
void recorders_after_fork(void);
void recorder_after_fork(struct recorder *recorder); /* then it has to be begun again */

enum { RECORDER_KIND_SHIFT = 60, RECORDER_SLACK_SHIFT = 48, RECORDER_BIRTH_SHIFT = 32 };
#define RECORDER_LIVE (UINT64_C(1) << 63)

/* The record that stays with a block when it is freed: no longer live, with the kind in the place of the birth. */
static inline uint64_t recorder_freed(uint64_t record)
{
        return UINT64_C(1) << 62 | (record & UINT64_C(0x0fff0000ffffffff)) |
               (record >> RECORDER_KIND_SHIFT & 7) << RECORDER_BIRTH_SHIFT;
}

static inline enum wire_alloc_kind recorder_kind(uint64_t record)
{
        return (enum wire_alloc_kind)(record >> (record & RECORDER_LIVE ? RECORDER_KIND_SHIFT : RECORDER_BIRTH_SHIFT) &
                                      7);
}

/* The requested size of a block with that record. */
static inline size_t recorder_size(uint64_t record, size_t usable)
{
        return usable - (size_t)(record >> RECORDER_SLACK_SHIFT & 0xfff);
}

/* For a scan for leaks: whether the block with that record is live, and its allocation was an event of this process;
 * when it was born, since the process's start; and what such a scan tells. */
bool recorder_counts(uint64_t record);
uint64_t recorder_birth_ns(uint64_t record);
uint64_t recorder_now_ns(void); /* CLOCK_MONOTONIC */
void recorder_leak(struct recorder *recorder, const struct wire_leak *leak);
void recorder_leak_chain(struct recorder *recorder, const struct wire_leak_chain *chain);
void recorder_leak_scan(struct recorder *recorder, const struct wire_leak_scan *scan);
void recorder_suppressions(struct recorder *recorder, const char *text); /* what the program says of its leaks */

/* Last words: the census of the live heap, the pools, the end. All of it is sent before recorder_close returns. */
struct recorder_walk;
/* `slab` and `pinned`: see census.h. */
void recorder_walk_block(struct recorder_walk *walk, size_t usable, uint64_t record, const void *slab, size_t pinned);
void recorder_walk_empty(struct recorder_walk *walk, const struct wire_empty *empty);
struct recorder_close {
        enum wire_exit how;
        const struct wire_pool *pool;
        size_t pool_count;
        struct wire_usage usage;              /* the allocator's half; the recorder adds its own */
        const struct wire_resident *resident; /* NULL: not measured */
        uint64_t untraced_blocks, threads;
        uint64_t allocations, frees, resizes, requested_bytes; /* of all recorders */
        struct memo_counts counts;
};
/* `walk_heap` calls recorder_walk_block for every block, and recorder_walk_empty once, with the walk it is given. */
void recorder_close(struct recorder *recorder, const struct recorder_close *close,
                    void (*walk_heap)(struct recorder_walk *walk));

#endif
