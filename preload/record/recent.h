/* The stacks that a thread has captured lately, whole, by where they were captured: the part of the memo that answers
 * most captures.
 *
 * An entry holds the state in which its capture began (return address, place of the frame, frame pointer) and every
 * word that the walk from there outward had to load, innermost first. If the state is the same now and every word still
 * has its value, a walk now would take the same steps; see memo.h. Words are read from the innermost outward, and the
 * first difference ends the reading, so only memory is read that a walk would read now.
 *
 * Of a deep stack the entry holds the inner words, and the state to which they lead. The rest is a frame of the memo,
 * if it is in that state now, has the same frames outside it (by their hash), and all its words hold. */
#ifndef PRELOAD_RECORD_RECENT_H
#define PRELOAD_RECORD_RECENT_H

#include <stdint.h>

#include "preload/platform.h"
#include "preload/record/step.h"

enum {
        RECENT_BITS_FIRST = 3, /* it begins small, since a hash spreads a few stacks over all the pages there are */
        RECENT_BITS_STEP = 2,
        RECENT_BITS_MAX = 7, /* more of them gain little */
        RECENT_WORDS = 40,
        RECENT_WORDS_AT_ONCE = 4, /* are compared in one turn of the loop */
        RECENT_ALL = -1,          /* as trunk: the entry holds all words */
};

struct recent_stack {
        uint64_t return_address; /* 0: empty */
        uint64_t place;          /* of the frame: the address of the word before the return address */
        uint64_t fp, fp_mask;    /* the mask is 0 where the frame pointer does not matter */
        uint32_t id;
        uint32_t candidate;  /* the id of the last stack that was looked for here and not found */
        uint32_t word_count; /* the last of them several times, for the last turn of the loop to be a whole one */
        int32_t trunk;       /* index of the memo's frame that goes on, or RECENT_ALL */
        uint64_t trunk_sp, trunk_fp, trunk_hash;
        uint16_t offset[RECENT_WORDS]; /* from `place`, in words */
        uint64_t value[RECENT_WORDS];
};

struct recent {
        uint64_t epoch;   /* of the modules; when that changes all entries are dropped */
        uint32_t shift;   /* of the hash: 64 - bits */
        uint32_t entered; /* stacks, since it had this size */
        struct recent_stack stack[1 << RECENT_BITS_MAX];
};

static inline struct recent_stack *recent_at(struct recent *recent, const uintptr_t *frame)
{
        uint64_t hash = ((uintptr_t)frame + frame[1]) * UINT64_C(0x9e3779b97f4a7c15);

        struct recent_stack *stack = &recent->stack[hash >> recent->shift];

        __asm__("" : "+r"(stack)); /* or the compiler multiplies anew at each use */
        return stack;
}

static inline bool recent_word_holds(const struct recent_stack *stack, const uintptr_t *frame, uint32_t index)
{
        return step_load((uintptr_t)(frame + stack->offset[index])) == stack->value[index];
}

/* Whether the capture that begins at `frame` is in the state of the entry, and its words hold. */
static inline bool recent_holds(const struct recent_stack *stack, const uintptr_t *frame)
{
        if (((stack->return_address ^ frame[1]) | (stack->place ^ (uintptr_t)frame) |
             ((stack->fp ^ frame[0]) & stack->fp_mask)))
                return false;
        for (uint32_t i = 0; i < stack->word_count; i += RECENT_WORDS_AT_ONCE)
                if (UNLIKELY(!recent_word_holds(stack, frame, i) || !recent_word_holds(stack, frame, i + 1) ||
                             !recent_word_holds(stack, frame, i + 2) || !recent_word_holds(stack, frame, i + 3)))
                        return false;
        return true;
}

#endif
