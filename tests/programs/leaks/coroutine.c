/* Coroutines whose stacks are blocks, or pages that the program mapped: what a suspended one holds is reachable by way of its stack;
 * a lost one takes what it holds with it.
 * expect: leak on_block class=reachable blocks=1 bytes=100
 * expect: leak on_pages class=reachable blocks=1 bytes=200
 * expect: leak on_lost class=indirect blocks=1 bytes=300 root=lost_stack
 * expect: leak kept_stack class=reachable blocks=1 bytes=128KiB
 * expect: leak lost_stack class=definite blocks=1 bytes=128KiB
 * lsan: differs lost 1/131072 possible 0/0: it cannot walk the stack of a coroutine, and takes a block without a stack for the loader's
 */
#include "leaks.h"
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES (128 << 10)

struct coroutine {
        ucontext_t context, back;
        void *stack;
        void *(*make)(void);
};

struct coroutine kept[2];

NOINLINE static void *on_block(void) { return malloc(100); }
NOINLINE static void *on_pages(void) { return malloc(200); }
NOINLINE static void *on_lost(void) { return malloc(300); }
NOINLINE static void *kept_stack(void) { return calloc(1, STACK_BYTES); }
NOINLINE static void *lost_stack(void) { return calloc(1, STACK_BYTES); }

static struct coroutine *starting;

static void run(void)
{
        struct coroutine *self = starting;
        void *volatile block = self->make();

        scrub();
        swapcontext(&self->context, &self->back);
        keep(block);
}

NOINLINE static void start(struct coroutine *coroutine, void *stack, void *(*make)(void))
{
        coroutine->stack = stack;
        coroutine->make = make;
        getcontext(&coroutine->context);
        coroutine->context.uc_stack.ss_sp = stack;
        coroutine->context.uc_stack.ss_size = STACK_BYTES;
        coroutine->context.uc_link = NULL;
        makecontext(&coroutine->context, run, 0);
        starting = coroutine;
        CHECK(swapcontext(&coroutine->back, &coroutine->context) == 0);
        starting = NULL;
}

NOINLINE static void start_all(void)
{
        struct coroutine lost;

        start(&kept[0], kept_stack(), on_block);
        start(&kept[1], mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), on_pages);
        start(&lost, lost_stack(), on_lost);
        memset(keep(&lost), 0, sizeof lost);
}

int main(void)
{
        start_all();
        scrub();
        return 0;
}
