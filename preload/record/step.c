/* The rare parts of a step. */
#include "preload/record/step.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether 8 bytes at `address` can be read. The kernel copies the new mask before it looks at what to do with it, so an
 * impossible request says EFAULT or EINVAL and changes nothing (the trick is Abseil's, debugging/address_is_readable).
 */
bool step_readable(uint64_t address)
{
        return syscall(SYS_rt_sigprocmask, ~0, address, NULL, 8) == -1 && errno != EFAULT;
}

#if PLATFORM_HAS_RULES

enum step_status step_signal(struct step_state *state)
{
        uint64_t context = state->sp;

        state->pc = step_load(context + PLATFORM_UCONTEXT_PC);
        state->fp = step_load(context + PLATFORM_UCONTEXT_FP);
        state->sp = step_load(context + PLATFORM_UCONTEXT_SP);
        state->is_signal = true;
        return state->pc < STEP_PAGE ? STEP_END : STEP_ON;
}

#else

enum step_status step_signal(struct step_state *state)
{
        (void)state;
        return STEP_BROKEN;
}

#endif
