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

struct word {
        uint64_t address, value;
};

enum { WORDS_AT_ONCE = 8 }; /* are compared in one turn of the loop */

/* A frame of the last stack. The state in which the walk stood there: key, sp, fp (if live), is_signal. */
struct frame {
        uint64_t sp, key, hash, fp;
        struct word *word_end; /* of the words from the outermost frame to here, inclusive */
        uint32_t id;           /* 0: none yet */
        bool fp_live;          /* the frame pointer matters to the walk from here outward */
        bool is_signal;        /* the pc is exact, not a return address */
        bool is_loader;
};

/* A frame of the walk under way. */
struct step {
        struct rule rule; /* a copy: of a long walk, the cache may have lost it */
        uint64_t sp, fp;
};

/* A stack that has got its id lately. */
struct named {
        uint64_t hash; /* 0: empty */
        uint32_t id;
};

enum { NAMED_BITS_FIRST = 6, NAMED_BITS_STEP = 5, NAMED_BITS_MAX = 11 }; /* as the cache of rules */

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
        struct frame *leaf; /* the innermost frame of the stack walked last; the guard: there is none */
        uint32_t depth_seen;
        uint32_t root_flags;
        uint32_t captures;
        bool unsafe; /* the last walk read what may be gone the next time */
        struct memo_counts counts;
        struct mapping mapping;
        int checkpoint[FRAMES_MAX / CHECKPOINT + 1];
        struct rules_cache rules;
        uint32_t named_shift;    /* of the hash: 64 - bits */
        uint32_t named_replaced; /* since it had this size */
        struct named named[1 << NAMED_BITS_MAX];
        struct frame *frame; /* guarded_frame + 1: frame[-1] ends every search outward */
        struct word *word;   /* guarded_word + WORDS_AT_ONCE - 1: before the outermost lie some that always hold */
        struct step *step;   /* guarded_step + 1: step[-1] is no signal frame */
        struct frame guarded_frame[FRAMES_MAX + 2];
        struct word guarded_word[WORDS_AT_ONCE - 1 + 3 * FRAMES_MAX + 8];
        struct step guarded_step[FRAMES_MAX + 2];
        uint64_t key[FRAMES_MAX];
        struct wire_pc definition[WIRE_STACK_FRAMES_MAX]; /* not on the stack, which may be a small one */
        void *address[ADDRESSES_MAX];
        uint8_t judge_stack[UNWIND_SLOW_STACK_BYTES];
};

_Static_assert(offsetof(struct memo, recent) == 0, "memo_recent relies on it");

/* How many frames the stack has that was walked last. */
static inline uint32_t memo_count(const struct memo *memo)
{
        return (uint32_t)(memo->leaf + 1 - memo->frame);
}

void memo_renew(struct memo *memo, uint64_t epoch); /* modules have come to be known, or gone: drops all */

#endif
