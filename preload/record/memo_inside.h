/* How a memo is made: for memo.c, naming.c and verify.c alone. */
#ifndef PRELOAD_RECORD_MEMO_INSIDE_H
#define PRELOAD_RECORD_MEMO_INSIDE_H

#include "preload/record/mappings.h"
#include "preload/record/memo.h"
#include "preload/record/rules.h"
#include "preload/record/step.h"
#include "preload/record/unwind_slow.h"

enum {
        FRAMES_MAX = 16384,
        TRUNCATED_FRAMES = 256,          /* kept of a deeper stack */
        CHECKPOINT = 16,                 /* frames at such depths get ids, so that definitions stay short */
        ADDRESSES_MAX = FRAMES_MAX + 64, /* asked of libunwind, its own frames and ours included */
};

/* A frame of the last stack. The state in which the walk stood there: key, sp, fp (if live), is_signal. */
struct frame {
        uint64_t sp, key, hash;
        uint32_t id;         /* 0: none yet */
        uint32_t word_count; /* words from the outermost frame to here, inclusive */
        uint64_t fp;
        bool fp_live;   /* the frame pointer matters to the walk from here outward */
        bool is_signal; /* the pc is exact, not a return address */
        bool is_loader;
        uint32_t number; /* of the rebuilding that made the frame: while it is there, so is all that lies outside it */
};

struct word {
        uint64_t address, value;
};

/* A frame of the walk under way. */
struct step {
        uint64_t key, sp, fp;
        int32_t cfa_offset;
        int16_t fp_offset;
        uint8_t kind;
        uint8_t flags;
        bool is_signal;
};

struct memo {
        struct recent recent; /* the first: see memo_recent */
        enum memo_mode mode;
        unsigned verify_interval; /* one capture in so many is compared with libunwind's; 0: none */
        uint64_t epoch;           /* of the modules; what is cached is of that one */
        struct step_stack stack;
        bool nested, in_libunwind;
        unsigned depth_max;
        memo_define *define;
        void *context;
        uint32_t count;  /* frames of the stack walked last */
        uint32_t number; /* of the latest rebuilding */
        uint32_t depth_seen;
        uint32_t root_flags;
        uint32_t captures;
        bool unsafe; /* the last walk read what may be gone the next time */
        struct memo_counts counts;
        struct mapping mapping;
        int checkpoint[FRAMES_MAX / CHECKPOINT + 1];
        struct rules_cache rules;
        struct frame *frame; /* guarded_frame + 1: frame[-1] ends every search outward */
        struct frame guarded_frame[FRAMES_MAX + 2];
        struct word word[3 * FRAMES_MAX + 8];
        struct step step[FRAMES_MAX + 1];
        uint64_t key[FRAMES_MAX];
        struct wire_pc definition[WIRE_STACK_FRAMES_MAX]; /* not on the stack, which may be a small one */
        void *address[ADDRESSES_MAX];
        uint8_t judge_stack[UNWIND_SLOW_STACK_BYTES];
};

_Static_assert(offsetof(struct memo, recent) == 0, "memo_recent relies on it");

void memo_renew(struct memo *memo, uint64_t epoch); /* modules have come to be known, or gone */

#endif
