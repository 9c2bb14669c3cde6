/* Calls that are the last instruction of their function, because what they call does not return: the return address is the
 * next function's, and only the address before it names the right one. And tail calls: the caller is rightly missing.
 * build: $CC $FLAGS -O2 -foptimize-sibling-calls -falign-functions=1 -o $EXE $SRC
 * expect: exit 0
 * expect: stack leaves<calls_last<main
 * expect: stack allocates<main
 * expect: live leaves blocks=3
 * expect: live calls_last blocks=3
 * expect: never next_function
 * expect: never tail_caller
 * expect: live allocates blocks=1
 * expect: walk agrees
 */
#include "program.h"
#include <setjmp.h>

static jmp_buf back;

NOINLINE __attribute__((noreturn)) static void leaves(int number)
{
        keep(malloc(30));
        longjmp(back, number);
}

NOINLINE __attribute__((noreturn)) static void calls_last(int number)
{
        leaves(number + 1);
}

NOINLINE static int next_function(int number)
{
        return number * 3;
}

NOINLINE static void *allocates(int number)
{
        void *block = keep(malloc(31 + (size_t)number));

        __asm__ volatile("");
        return block;
}

NOINLINE static void *tail_caller(int number)
{
        return allocates(number + 1);
}

int main(void)
{
        volatile int rounds = 0;

        if (setjmp(back) == 0 || ++rounds < 3)
                calls_last(rounds);
        tail_caller(next_function(0));
        __asm__ volatile("");
        return 0;
}
