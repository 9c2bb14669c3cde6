/* The door to libunwind. */
#define _GNU_SOURCE
#include "preload/record/unwind_slow.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "preload/platform.h"

typedef int backtrace_function(void **buffer, int size);

static backtrace_function *backtrace_libunwind;

#if PLATFORM_HAS_RULES

/* Its interface as of version 1.1 and later, declared here so that its headers are not needed. */
enum { CURSOR_WORDS = 127, REGISTER_IP = PLATFORM_DWARF_RA };
typedef int context_function(ucontext_t *context);
typedef int init_function(uint64_t *cursor, ucontext_t *context);
typedef int step_function(uint64_t *cursor);
typedef int register_function(uint64_t *cursor, int number, uint64_t *ret_value);
typedef void flush_function(void *space, uint64_t low, uint64_t high);

static struct {
        context_function *context;
        init_function *init;
        step_function *step;
        register_function *get;
        flush_function *flush;
        void **space;
} door;

static bool door_open(void *library)
{
        door.context = (context_function *)dlsym(library, "_Ux86_64_getcontext");
        door.init = (init_function *)dlsym(library, "_ULx86_64_init_local");
        door.step = (step_function *)dlsym(library, "_ULx86_64_step");
        door.get = (register_function *)dlsym(library, "_ULx86_64_get_reg");
        door.flush = (flush_function *)dlsym(library, "_Ux86_64_flush_cache");
        if (!door.flush)
                door.flush = (flush_function *)dlsym(library, "_ULx86_64_flush_cache");
        door.space = dlsym(library, "_ULx86_64_local_addr_space");
        return door.context && door.init && door.step && door.get;
}

struct steps {
        ucontext_t *context;
        void **address;
        int address_max, count;
};

static void steps_take(struct steps *steps)
{
        uint64_t cursor[CURSOR_WORDS], address;

        if (door.init(cursor, steps->context) != 0)
                return;
        while (steps->count < steps->address_max && door.step(cursor) > 0) {
                if (door.get(cursor, REGISTER_IP, &address) != 0 || address == 0)
                        break;
                steps->address[steps->count++] = (void *)(uintptr_t)address;
        }
}

/* Calls take(steps) with the stack pointer at `top`. */
static void call_on_stack(void *top, void (*take)(struct steps *), struct steps *steps)
{
        __asm__ volatile("movq %%rsp, %%rbx\n\t"
                         "movq %[top], %%rsp\n\t"
                         "call *%[take]\n\t"
                         "movq %%rbx, %%rsp"
                         : "+D"(steps)
                         : [top] "r"(top), [take] "r"(take)
                         : "rbx", "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc", "memory", "xmm0", "xmm1",
                           "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                           "xmm13", "xmm14", "xmm15");
}

int unwind_slow_steps(void **ret_address, int address_max, void *stack)
{
        /* The context lies on the other stack, too; its registers are those of this frame, which stays. */
        uintptr_t top = ((uintptr_t)stack + UNWIND_SLOW_STACK_BYTES - sizeof(ucontext_t)) & ~(uintptr_t)63;
        struct steps steps = {.context = (ucontext_t *)top, .address = ret_address, .address_max = address_max};

        if (!door.init || door.context(steps.context) != 0)
                return 0;
        call_on_stack((void *)top, steps_take, &steps);
        return steps.count;
}

void unwind_slow_forget(void)
{
        if (door.flush && door.space)
                door.flush(*door.space, 0, 0);
}

#else

static bool door_open(void *library)
{
        (void)library;
        return true;
}

int unwind_slow_steps(void **ret_address, int address_max, void *stack)
{
        (void)stack;
        return unwind_slow_backtrace(ret_address, address_max);
}

void unwind_slow_forget(void)
{
}

#endif

bool unwind_slow_open(void)
{
        /* Local, so that its _Unwind_ functions stay out of the program's way. */
        void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

        if (!library)
                return false;
        backtrace_libunwind = (backtrace_function *)dlsym(library, "unw_backtrace");
        return backtrace_libunwind != NULL && door_open(library);
}

int unwind_slow_backtrace(void **ret_address, int address_max)
{
        return backtrace_libunwind ? backtrace_libunwind(ret_address, address_max) : 0;
}
