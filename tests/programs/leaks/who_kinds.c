/* Who points at a block, when it is no variable of a module: a thread's stack, a register, a variable of a thread, pages of the program.
 * options: --who
 * expect: chain on_stack stack > block:on_stack
 * expect: chain in_register register > block:in_register
 * expect: chain of_thread thread-local > block:of_thread
 * expect: chain in_pages mapping > block:in_pages
 * expect: no leaks
 * lsan: differs lost 1/103 possible 0/0: it looks at no mapping that is neither a module's nor a stack
 */
#include "leaks.h"
#include <pthread.h>
#include <sys/mman.h>

static volatile int ready;
static __thread void *volatile variable;

NOINLINE static void *on_stack(void) { return malloc(100); }
NOINLINE static void *in_register(void) { return malloc(101); }
NOINLINE static void of_thread(void) { variable = malloc(102); }

NOINLINE static void in_pages(void)
{
        void **words = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        CHECK(words != MAP_FAILED);
        words[100] = malloc(103);
}

static void *thread(UNUSED void *argument)
{
#ifdef __x86_64__
        void *volatile held = on_stack();
        void *block = in_register();

        SCRUBBED(of_thread());
        __asm__ volatile("mov %0, %%r15\n\txor %0, %0\n\tmovl $1, %1\n1:\tpause\n\tjmp 1b"
                         : "+r"(block), "=m"(ready)
                         :
                         : "r15", "memory");
        keep(held);
#endif
        return argument;
}

int main(void)
{
        pthread_t id;

#ifndef __x86_64__
        return 77;
#endif
        in_pages();
        CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
        flag_await(&ready);
        scrub();
        exit(0);
}
