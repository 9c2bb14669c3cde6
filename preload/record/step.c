/* The rare parts of a step. */
#include "preload/record/step.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK_BYTES_MAX = 64 * 1024 * 1024 }; /* that are asked about, page by page, once */

/* glibc's: where the stack of the main thread began. */
extern void *__libc_stack_end __attribute__((weak));

/* Whether 8 bytes at `address` can be read. The kernel copies the new mask before it looks at what to do with it, so an
 * impossible request says EFAULT or EINVAL and changes nothing (the trick is Abseil's, debugging/address_is_readable).
 */
bool step_readable(uint64_t address)
{
        return syscall(SYS_rt_sigprocmask, ~0, address, NULL, 8) == -1 && errno != EFAULT;
}

/* The outer end of the calling thread's own stack: the C library puts the thread's control block there, except for the
 * main thread. 0: not known. */
static uint64_t stack_end(void)
{
        if (syscall(SYS_gettid) != syscall(SYS_getpid))
                return (uint64_t)(uintptr_t)__builtin_thread_pointer();
        return &__libc_stack_end ? (uint64_t)(uintptr_t)__libc_stack_end : 0;
}

/* Makes what is known reach inward to where the walk began, if that is on the thread's own stack: then nothing but
 * readable pages lies between. A coroutine's stack is told from it by the page that guards the thread's. */
static void stack_learn(struct step_stack *stack, uint64_t begin)
{
        if (!stack->known) {
                stack->known = true;
                stack->low = stack->high = stack_end() & ~UINT64_C(7);
        }
        if (begin >= stack->low || stack->high - begin > STACK_BYTES_MAX)
                return;
        for (uint64_t page = (stack->low - 1) / STEP_PAGE; page >= begin / STEP_PAGE; page--) {
                if (!step_readable(page * STEP_PAGE))
                        return;
                stack->low = page * STEP_PAGE;
        }
}

bool step_on_own_stack(struct step_stack *stack, uint64_t sp)
{
        stack_learn(stack, sp);
        return sp - stack->low < stack->high - stack->low;
}

COLD bool step_may_load_far(struct step_state *state, uint64_t address)
{
        if (state->unsafe && address / STEP_PAGE == state->page)
                return true;
        stack_learn(state->stack, state->begin);
        if (address - state->stack->low < state->stack->high - state->stack->low)
                return true;
        if (!step_readable(address))
                return false;
        state->page = address / STEP_PAGE;
        state->unsafe = true;
        return true;
}

#if PLATFORM_HAS_RULES

enum step_status step_signal(struct step_state *state)
{
        uint64_t context = state->at.sp;

        if (!step_may_load(state, context + PLATFORM_UCONTEXT_FP) ||
            !step_may_load(state, context + PLATFORM_UCONTEXT_PC))
                return STEP_BROKEN;
        state->at.pc = step_load(context + PLATFORM_UCONTEXT_PC);
        state->at.fp = step_load(context + PLATFORM_UCONTEXT_FP);
        state->at.sp = step_load(context + PLATFORM_UCONTEXT_SP);
        state->is_signal = true;
        /* What was interrupted ran on another stack, or had lost its own. */
        if (state->at.sp - context > STEP_STRIDE_BYTES_MAX || (state->at.sp & 7))
                state->doubtful = true;
        return state->at.pc < STEP_PAGE ? STEP_END : STEP_ON;
}

#else

enum step_status step_signal(struct step_state *state)
{
        (void)state;
        return STEP_BROKEN;
}

#endif
