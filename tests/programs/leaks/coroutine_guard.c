/* The stack of a coroutine is a block of which a page is protected: that is left alone, the rest is scanned.
 * expect: leak on_stack class=reachable blocks=1 bytes=100
 * expect: leak stack_block class=reachable blocks=1 bytes=132KiB
 * expect: leak lost class=definite blocks=1 bytes=300
 * lsan: cannot: it reads the protected page, and ends there
 * memcheck: differs lost 1/300 possible 2/135268: an address that may not be read is no pointer to it
 */
#include "leaks.h"
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES (128 << 10)
#define PAGE 4096

ucontext_t context, back;
void *volatile stack;

NOINLINE static void *on_stack(void) { return malloc(100); }
NOINLINE static void lost(void) { keep(malloc(300)); }
NOINLINE static void *stack_block(void) { return memalign(PAGE, PAGE + STACK_BYTES); }

static void run(void)
{
        void *volatile block = on_stack();

        SCRUBBED(lost());
        swapcontext(&context, &back);
        keep(block);
}

NOINLINE static void start(void)
{
        stack = stack_block();
        memset(stack, 0, PAGE + STACK_BYTES);
        CHECK(mprotect(stack, PAGE, PROT_NONE) == 0);
        getcontext(&context);
        context.uc_stack.ss_sp = (char *)stack + PAGE;
        context.uc_stack.ss_size = STACK_BYTES;
        makecontext(&context, run, 0);
        CHECK(swapcontext(&back, &context) == 0);
}

int main(void)
{
        start();
        scrub();
        return 0;
}
