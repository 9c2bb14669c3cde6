/* A hundred coroutines on stacks of 8 KiB, 256 KiB apart, allocate and switch in between; each block is charged to the
 * coroutine's function, and the stacks end where the coroutine began.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: total step<coroutine allocations=1000
 * expect: live step blocks=100 bytes=100*36
 * expect: sql SELECT count(*) FROM site_stack a JOIN site_stack b USING (site) WHERE a.function = 'step' AND b.function = 'main' => 0
 * expect: walk agrees
 */
#include "program.h"
#include <sys/mman.h>
#include <ucontext.h>

enum { COROUTINES = 100, STACK = 8192 };

static ucontext_t scheduler, contexts[COROUTINES];
static void *held[COROUTINES];
static char *guards[COROUTINES];

NOINLINE static void step(int number)
{
        free(held[number]);
        held[number] = memset(keep(malloc(36)), number, 36);
}

static void coroutine(int number)
{
        for (int i = 0; i < 10; i++) {
                step(number);
                swapcontext(&contexts[number], &scheduler);
        }
}

int main(void)
{
        for (int i = 0; i < COROUTINES; i++) {
                guards[i] = mmap(NULL, 256 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                CHECK(guards[i] != MAP_FAILED);
                CHECK(!mprotect(guards[i], (256 << 10) - STACK, PROT_NONE));
                CHECK(!getcontext(&contexts[i]));
                contexts[i].uc_stack.ss_sp = guards[i] + (256 << 10) - STACK;
                contexts[i].uc_stack.ss_size = STACK;
                contexts[i].uc_link = &scheduler;
                makecontext(&contexts[i], (void (*)(void))coroutine, 1, i);
        }
        for (int round = 0; round < 10; round++)
                for (int i = 0; i < COROUTINES; i++)
                        swapcontext(&scheduler, &contexts[i]);
        for (int i = 0; i < COROUTINES; i++)
                CHECK(*(char *)held[i] == (char)i);
        return 0;
}
