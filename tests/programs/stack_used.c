/* How much of a stack malloc and free use, at the most, cold and warm: a fibre of 8 KiB must be able to allocate, also
 * when each of its stacks is new, its pcs were never seen, and a frame of events is full. The stack is painted, and then
 * looked at. Without -z now the loader's own way to malloc would need more than all that.
 * build: $CC $FLAGS -Wl,-z,now -o $EXE $SRC
 * expect: exit 0
 * expect: total do_malloc<fibre allocations>=1000
 * expect: walk agrees
 */
#include "program.h"
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK = 64 << 10, PAINT = 0xa5, LIMIT = 2048 };

static ucontext_t here, there;
static char *stack, *entry;
static void *block, *volatile blocks[1000];
static size_t most, number;
static const char *most_in;
static void (*act)(void);

static inline __attribute__((always_inline)) char *stack_pointer(void)
{
#ifdef __x86_64__
        char *pointer;

        __asm__ volatile("mov %%rsp, %0" : "=r"(pointer));
        return pointer;
#else
        return (char *)__builtin_frame_address(0) - 256; /* not above it, at least */
#endif
}

static void fibre(void)
{
        for (;;) {
                entry = stack_pointer();
                act();
                swapcontext(&there, &here);
        }
}

/* What the act used of the fibre's stack, seen from the other. */
static void measure(const char *what, void (*function)(void))
{
        char *lowest = stack;

        act = function;
        swapcontext(&here, &there);
        while (lowest < entry && *lowest == (char)PAINT)
                lowest++;
        if ((size_t)(entry - lowest) > most) {
                most = (size_t)(entry - lowest);
                most_in = what;
        }
        if (lowest < entry - 64) /* nearer lies what swapcontext needs */
                memset(lowest, PAINT, (size_t)(entry - 64 - lowest));
}

static void do_nothing(void) {}
static void do_malloc(void) { block = malloc(number); }
static void do_free(void) { free(block); }
static void do_calloc(void) { block = calloc(3, number); }
static void do_realloc(void) { block = realloc(block, number); }
static void do_memalign(void) { block = memalign(4096, number); }

/* A stack and pcs that were never seen. */
NOINLINE static void left(unsigned way);
NOINLINE static void right(unsigned way);
static void turn(unsigned way)
{
        if (way <= 1)
                block = malloc(number);
        else if (way & 1)
                left(way >> 1);
        else
                right(way >> 1);
        __asm__ volatile("");
}
static void left(unsigned way) { turn(way); __asm__ volatile(""); }
static void right(unsigned way) { turn(way); __asm__ volatile(""); }
static void do_turns(void) { turn((unsigned)number); }

int main(void)
{
        stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(stack != MAP_FAILED);
        memset(stack, PAINT, STACK);
        CHECK(!getcontext(&there));
        there.uc_stack = (stack_t){.ss_sp = stack, .ss_size = STACK};
        makecontext(&there, fibre, 0);
        measure("nothing", do_nothing);
        number = 10;
        measure("the first malloc", do_malloc);
        measure("the first free", do_free);
        for (int i = 0; i < 1000; i++) {
                number = (size_t)i * 7 + 1;
                measure("malloc", do_malloc);
                blocks[i] = block;
        }
        for (int i = 0; i < 1000; i++) {
                block = blocks[i];
                measure("free", do_free);
        }
        for (number = 70000; number < 10000000; number *= 3) {
                measure("calloc", do_calloc);
                measure("realloc", do_realloc);
                number *= 2;
                measure("realloc", do_realloc);
                measure("free", do_free);
                measure("memalign", do_memalign);
                measure("free", do_free);
        }
        for (number = 2; number < 16; number++) { /* the turns themselves use some hundred bytes */
                measure("malloc from a new stack", do_turns);
                measure("free", do_free);
        }
        if (most > LIMIT)
                printf("%zu bytes in %s\n", most, most_in);
        return 0;
}
