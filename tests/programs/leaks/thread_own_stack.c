/* A thread may run on a block of the heap, or on pages that the program mapped: what its frames hold is reachable.
 * expect: leak on_block class=reachable blocks=1 bytes=100
 * expect: leak on_pages class=reachable blocks=1 bytes=200
 * expect: leak stack_block class=reachable blocks=1 bytes=256KiB
 * expect: no leaks
 */
#include "leaks.h"
#include <pthread.h>
#include <sys/mman.h>

#define STACK_BYTES (256 << 10)

static volatile int ready[2];

NOINLINE static void *on_block(void) { return malloc(100); }
NOINLINE static void *on_pages(void) { return malloc(200); }
NOINLINE static void *stack_block(void) { return memalign(4096, STACK_BYTES); }

static void *thread(void *flag)
{
        void *volatile block = flag == &ready[0] ? on_block() : on_pages();

        scrub();
        flag_set(flag);
        wait_forever();
        keep(block);
}

NOINLINE static void run(void *stack, volatile int *flag)
{
        pthread_t id;
        pthread_attr_t attributes;

        pthread_attr_init(&attributes);
        CHECK(pthread_attr_setstack(&attributes, stack, STACK_BYTES) == 0);
        CHECK(pthread_create(&id, &attributes, thread, (void *)flag) == 0);
        pthread_attr_destroy(&attributes);
        flag_await(flag);
}

NOINLINE static void run_both(void)
{
        run(stack_block(), &ready[0]);
        run(mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), &ready[1]);
}

int main(void)
{
        run_both();
        scrub();
        exit(0);
}
