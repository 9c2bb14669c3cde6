/* A coroutine on a stack of its own ends the program: its frames and those of the thread that switched to it are alive.
 * expect: leak by_main class=reachable blocks=1 bytes=100
 * expect: leak by_coroutine class=reachable blocks=1 bytes=200
 * expect: leak stack_block class=reachable blocks=1 bytes=128KiB
 * expect: leak lost class=definite blocks=1 bytes=300
 * lsan: differs lost 0/0 possible 0/0: it cannot walk the stack of a coroutine, and takes a block without a stack for the loader's
 */
#include "leaks.h"
#include <ucontext.h>

#define STACK_BYTES (128 << 10)

static ucontext_t context, back;

NOINLINE static void *by_main(void) { return malloc(100); }
NOINLINE static void *by_coroutine(void) { return malloc(200); }
NOINLINE static void lost(void) { keep(malloc(300)); }
NOINLINE static void *stack_block(void) { return calloc(1, STACK_BYTES); }

static void run(void)
{
        void *volatile block = by_coroutine();

        SCRUBBED(lost());
        exit(0);
        keep(block);
}

int main(void)
{
        void *volatile block = by_main();

        getcontext(&context);
        context.uc_stack.ss_sp = stack_block();
        context.uc_stack.ss_size = STACK_BYTES;
        makecontext(&context, run, 0);
        swapcontext(&back, &context);
        keep(block);
        return 1;
}
