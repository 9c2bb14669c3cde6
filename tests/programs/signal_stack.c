/* Handlers on a small alternate stack allocate; also after the main stack overflowed, and the program comes back from it.
 * build: $CC $FLAGS -O0 -o $EXE $SRC
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: total on_alternate allocations=1000 frees=990
 * expect: live on_alternate blocks=10 bytes=10*64
 * expect: live on_overflow blocks=1 bytes=65
 * expect: walk agrees
 */
#include "program.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

static char room[8192] __attribute__((aligned(16)));
static sigjmp_buf back;
static volatile int calls;

NOINLINE static void on_alternate(UNUSED int number)
{
        void *block = keep(malloc(64));

        if (calls++ % 100)
                free(block);
}

NOINLINE static void on_overflow(UNUSED int number)
{
        keep(malloc(65));
        siglongjmp(back, 1);
}

NOINLINE static int overflows(volatile int depth)
{
        volatile char frame[4096];

        frame[0] = 1;
        return depth < 0 ? 0 : overflows(depth + 1) + frame[0];
}

int main(void)
{
        stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
        struct sigaction action = {.sa_handler = on_alternate, .sa_flags = SA_ONSTACK};
        struct rlimit limit = {1 << 20, 1 << 20};

        CHECK(!sigaltstack(&stack, NULL));
        sigaction(SIGUSR1, &action, NULL);
        for (int i = 0; i < 1000; i++)
                raise(SIGUSR1);
        CHECK(!setrlimit(RLIMIT_STACK, &limit));
        action.sa_handler = on_overflow;
        sigaction(SIGSEGV, &action, NULL);
        if (!sigsetjmp(back, 1))
                overflows(1);
        puts("back from the overflow");
        return 0;
}
