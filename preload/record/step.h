/* One step of a walk outward: from the registers in a frame to those in its caller's, by a rule.
 *
 * What unwind information says is trusted, as the C++ runtime trusts it. After a guess, or a step that leads far away,
 * the state is doubtful: then only the thread's own stack is read as it is, since that stays while the thread runs, and
 * any other page is asked about before. What was read there may be gone the next time, so nothing of such a walk is
 * kept. */
#ifndef PRELOAD_RECORD_STEP_H
#define PRELOAD_RECORD_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/platform.h"
#include "preload/record/rules.h"

enum {
        STEP_GUESS_BYTES_MAX = 16 * 1024,  /* between a frame and its caller's, without unwind information */
        STEP_STRIDE_BYTES_MAX = 16 * 1024, /* by a frame pointer; a longer step makes the state doubtful */
        STEP_PAGE = 4096,
};

/* What is known of a thread's own stack: from `low` to `high` every page was found readable. All zero at first, and
 * when another thread gets it. */
struct step_stack {
        uint64_t low, high;
        bool known; /* where it ends */
};

struct step_registers {
        uint64_t pc, sp, fp;
};

/* Where the walk stands: in the frame whose registers these are. */
struct step_state {
        struct step_registers at;
        bool is_signal;
        bool doubtful;  /* came through a guess: addresses are checked before they are read */
        bool unsafe;    /* something was read that only asking has shown to be there */
        uint64_t page;  /* the last page that was asked about */
        uint64_t begin; /* the first sp */
        struct step_stack *stack;
};

enum step_status { STEP_ON, STEP_END, STEP_GUESS_END, STEP_BROKEN };

bool step_readable(uint64_t address); /* whether 8 bytes there can be read; a system call */
bool step_may_load_far(struct step_state *state, uint64_t address); /* outside of what is known */
bool step_on_own_stack(struct step_stack *stack, uint64_t sp); /* the calling thread's; false: another's or unknown */
enum step_status step_signal(struct step_state *state);        /* out of a signal frame */

static inline uint64_t step_load(uint64_t address)
{
        return *(const volatile uint64_t *)(uintptr_t)address;
}

static inline bool step_may_load(struct step_state *state, uint64_t address)
{
        if (LIKELY(!state->doubtful))
                return true;
        if (address & 7)
                return false;
        return address - state->stack->low < state->stack->high - state->stack->low ||
               step_may_load_far(state, address);
}

/* Where the caller's frame begins, or 0 with *ret_status saying how the walk ends. */
static inline uint64_t step_cfa(const struct rule *rule, struct step_state *state, enum step_status *ret_status)
{
        uint64_t cfa;

        switch (rule->kind) {
        case RULE_SP:
                return state->at.sp + (uint64_t)(int64_t)rule->cfa_offset;
        case RULE_FP:
                cfa = state->at.fp + (uint64_t)(int64_t)rule->cfa_offset;
                break;
        case RULE_FP_DEREF:
                cfa = state->at.fp + (uint64_t)(int64_t)rule->cfa_offset;
                if (UNLIKELY(cfa - state->at.sp > STEP_STRIDE_BYTES_MAX))
                        state->doubtful = true;
                if (!step_may_load(state, cfa) || !step_may_load(state, state->at.fp)) {
                        *ret_status = STEP_BROKEN;
                        return 0;
                }
                cfa = step_load(cfa);
                break;
        case RULE_GUESS:
                if (state->at.fp < state->at.sp || state->at.fp - state->at.sp > STEP_GUESS_BYTES_MAX ||
                    (state->at.fp & 7)) {
                        *ret_status = STEP_GUESS_END;
                        return 0;
                }
                state->doubtful = true;
                return state->at.fp + 16;
        default:
                *ret_status = rule->kind == RULE_END ? STEP_END : STEP_BROKEN;
                return 0;
        }
        /* Far off, or inward: another stack perhaps, or a frame pointer that is none. */
        if (UNLIKELY(cfa - state->at.sp > STEP_STRIDE_BYTES_MAX || (cfa & 7)))
                state->doubtful = true;
        return cfa;
}

/* From the state in a frame to that in its caller. */
static inline enum step_status step_out(const struct rule *rule, struct step_state *state)
{
        enum step_status status = STEP_ON;

        if (UNLIKELY(rule->kind == RULE_SIGNAL))
                return step_signal(state);

        uint64_t cfa = step_cfa(rule, state, &status);

        if (UNLIKELY(status != STEP_ON))
                return status;

        uint64_t saved = rule->kind == RULE_FP_DEREF ? state->at.fp + (uint64_t)(int64_t)rule->fp_offset
                                                     : cfa + (uint64_t)(int64_t)rule->fp_offset;

        if (UNLIKELY(state->doubtful && (!step_may_load(state, cfa - 8) || !step_may_load(state, saved))))
                return rule->kind == RULE_GUESS ? STEP_GUESS_END : STEP_BROKEN;

        uint64_t return_address = step_load(cfa - 8);
        uint64_t fp = step_load(saved);

        if (rule->flags & RULE_RESTORES_FP)
                state->at.fp = fp;
        state->at.sp = cfa;
        state->at.pc = return_address - 1;
        state->is_signal = false;
        return return_address < STEP_PAGE ? STEP_END : STEP_ON;
}

/* The usual step, out of a frame with unwind information to one not far off. False: nothing has been done; step_out. */
static inline bool step_out_quick(const struct rule *rule, struct step_registers *at)
{
        uint64_t cfa = (rule->kind == RULE_FP ? at->fp : at->sp) + (uint64_t)(int64_t)rule->cfa_offset;

        if (UNLIKELY(rule->kind > RULE_FP || cfa - at->sp > STEP_STRIDE_BYTES_MAX || (cfa & 7)))
                return false;

        uint64_t return_address = step_load(cfa - 8);
        uint64_t fp = step_load(cfa + (uint64_t)(int64_t)rule->fp_offset);

        if (UNLIKELY(return_address < STEP_PAGE))
                return false;
        at->fp = rule->flags & RULE_RESTORES_FP ? fp : at->fp;
        at->sp = cfa;
        at->pc = return_address - 1;
        return true;
}

#endif
