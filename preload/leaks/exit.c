/* By a walk outward, with the rules of the unwinder. */
#define _GNU_SOURCE
#include "preload/leaks/exit.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "preload/record/rules.h"
#include "preload/record/step.h"

enum {
        FRAMES_MAX = 64,
        SAVED = 7, /* the return address and the registers that __run_exit_handlers puts away, which are its caller's */
};

static struct leak_range functions[2];

static struct leak_range function_named(const char *name)
{
        void *start = dlsym(RTLD_DEFAULT, name);
        const ElfW(Sym) *symbol = NULL;
        Dl_info info;

        if (!start || dladdr1(start, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 || !symbol)
                return (struct leak_range){0, 0};
        return (struct leak_range){(uintptr_t)start, (uintptr_t)start + symbol->st_size};
}

void exit_open(void)
{
        functions[0] = function_named("exit");
        functions[1] = function_named("quick_exit");
}

#if PLATFORM_HAS_RULES
static bool is_exit(uintptr_t pc)
{
        return pc - functions[0].start < functions[0].end - functions[0].start ||
               pc - functions[1].start < functions[1].end - functions[1].start;
}

void exit_find(struct leak_self *self, const uintptr_t *frame)
{
        struct step_stack stack = {0};
        struct step_state state = {
                .at = {.pc = frame[1] - 1, .sp = (uintptr_t)(frame + 2), .fp = frame[0]},
                .begin = (uintptr_t)(frame + 2),
                .stack = &stack,
        };

        for (unsigned i = 0; i < FRAMES_MAX; i++) {
                struct rule rule;

                if (is_exit(state.at.pc)) {
                        self->sp = state.at.sp - SAVED * sizeof(uintptr_t);
                        memset(self->registers, 0, sizeof self->registers);
                        return;
                }
                rules_fill(state.at.pc, &rule);
                if (step_out(&rule, &state) != STEP_ON)
                        return;
        }
}
#else
void exit_find(struct leak_self *self, const uintptr_t *frame)
{
        (void)self;
        (void)frame;
}
#endif
