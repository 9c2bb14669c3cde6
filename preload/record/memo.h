/* The backtrace of the caller, exact and cheap: the unwinder of one thread with a memo of its last stack.
 *
 * The memo holds, for each frame of the last stack, the state of the unwinder there and every word it had to load to
 * get outward. When a new walk reaches a state that the memo holds, and all words from there outward still have their
 * values, then the old outer part *is* what a fresh walk would give: each step is a function of the state, the rule and
 * those words alone. So nothing is assumed about how the program uses its stack; longjmp, exceptions, alloca and
 * coroutines cannot make it wrong. Words are compared from the innermost outward, and the first difference ends the
 * comparison, so that only memory is read which a fresh walk would read now. */
#ifndef PRELOAD_RECORD_MEMO_H
#define PRELOAD_RECORD_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/record/modules.h"
#include "preload/record/recent.h"
#include "wire/wire.h"

struct memo;

/* Called for each stack id that this thread is the first to use: `frame` innermost first, going on in `ancestor`. */
typedef void memo_define(void *context, uint32_t id, uint32_t ancestor, uint32_t flags, const struct wire_pc *frame,
                         size_t frame_count);

enum memo_mode {
        MEMO_OWN,       /* our rules */
        MEMO_LIBUNWIND, /* unw_backtrace for every capture */
        MEMO_VERIFY,    /* our rules; one capture in 64 is compared with libunwind's */
        MEMO_VERIFY_ALL,
};

struct memo_counts {
        uint64_t truncated, broken, checked, differ; /* captures */
};

/* Its memory comes from the kernel and is touched only as deep as stacks get. depth_max: 0 for all frames (the 256
 * innermost, when there are more than 16384). NULL: no memory. */
struct memo *memo_create(enum memo_mode mode, unsigned depth_max, memo_define *define, void *context);

/* The id of the stack whose innermost return address is frame[1]: `frame` is what __builtin_frame_address(0) gives in
 * the function that was called. 0: no id could be had. */
uint32_t memo_capture(struct memo *memo, const uintptr_t *frame);
uint32_t memo_capture_anew(struct memo *memo, const uintptr_t *frame); /* by a walk; for memo_frames and the like */

/* The two halves of memo_capture. The first is inlined, and gives 0 when the second is to be called. */
static inline __attribute__((always_inline)) uint32_t memo_recent(struct memo *memo, const uintptr_t *frame);
uint32_t memo_capture_missed(struct memo *memo, const uintptr_t *frame);
bool memo_trunk_holds(const struct memo *memo, const struct recent_stack *stack);

/* The frames of the last walk, innermost first: keys (pc | generation << 48). Returns how many. For tests. */
size_t memo_frames(const struct memo *memo, uint64_t *ret_key, size_t key_max);

/* Whether the memo serves calls that interrupt another capture of the thread: libunwind allocates, and is not called
 * then. */
void memo_nested(struct memo *memo, bool nested);
bool memo_is_in_libunwind(const struct memo *memo); /* what is allocated now is libunwind's, not the program's */
uint64_t memo_stack_end(const struct memo *memo);   /* how far outward the last walk went; 0: not known */
void memo_forget(struct memo *memo);                /* when the struct goes to another thread */
const struct memo_counts *memo_counts(const struct memo *memo);
uint64_t memo_bytes(const struct memo *memo); /* that were touched, about */

/* Whatever the epoch. */
static inline __attribute__((always_inline)) uint32_t recent_find(struct memo *memo, const uintptr_t *frame)
{
        struct recent *recent = (struct recent *)memo; /* a memo begins with it */
        struct recent_stack *stack = recent_at(recent, frame);

        if (UNLIKELY(!recent_holds(stack, frame)))
                return 0;
        return LIKELY(stack->trunk == RECENT_ALL) || memo_trunk_holds(memo, stack) ? stack->id : 0;
}

static inline __attribute__((always_inline)) uint32_t memo_recent(struct memo *memo, const uintptr_t *frame)
{
        struct recent *recent = (struct recent *)memo;

        return LIKELY(recent->epoch == modules_epoch()) ? recent_find(memo, frame) : 0;
}

#endif
