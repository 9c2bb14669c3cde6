/* Frames of many shapes between malloc and main: realigned, with alloca and arrays of variable length, with a frame pointer
 * and without, called through a pointer, and interrupted. Each function is named in its place.
 * build: $CC $FLAGS -O2 -mavx -o $EXE $SRC || $CC $FLAGS -O2 -o $EXE $SRC
 * expect: exit 0
 * expect: live realigned<main blocks=2
 * expect: stack leaf<realigned<main
 * expect: stack leaf<with_alloca<main
 * expect: stack leaf<with_array<main
 * expect: stack leaf<with_frame_pointer<main
 * expect: stack leaf<big_frame<main
 * expect: stack leaf<many_registers<main
 * expect: stack leaf<through_pointer<main
 * expect: stack leaf<nested_realigned<realigned_outer<main
 * expect: stack on_signal<...<raises<main
 * expect: live leaf blocks=2*8
 * expect: walk agrees
 */
#include "program.h"
#include <alloca.h>
#include <signal.h>

#ifndef ROUNDS
#define ROUNDS 2
#endif

NOINLINE static void leaf(void)
{
        keep(malloc(20));
        __asm__ volatile("");
}

NOINLINE static void realigned(void)
{
        char wide[64] __attribute__((aligned(64)));

        keep(wide);
        CHECK(((uintptr_t)keep(wide) & 63) == 0);
        leaf();
        keep(wide);
}

NOINLINE static void with_alloca(int bytes)
{
        char *room = alloca((size_t)bytes);

        keep(room);
        leaf();
        keep(room);
}

NOINLINE static void with_array(int count)
{
        int numbers[count];

        keep(numbers);
        leaf();
        keep(numbers);
}

__attribute__((optimize("no-omit-frame-pointer"))) NOINLINE static void with_frame_pointer(int bytes)
{
        volatile int local = bytes;

        leaf();
        local = 0;
        (void)local;
}

NOINLINE static void big_frame(void)
{
        volatile char room[300000];

        room[0] = room[299999] = 1;
        leaf();
        room[1] = 2;
}

NOINLINE static long many_registers(long a, long b, long c, long d, long e, long f, long g, long h)
{
        long i = a * b, j = c * d, k = e * f, l = g * h, m = a + h;

        leaf();
        leaf();
        return i + j * k + l * m + a + b + c + d + e + f + g + h;
}

static void (*volatile pointer)(void) = leaf;

NOINLINE static void through_pointer(void)
{
        pointer();
        __asm__ volatile("");
}

NOINLINE static void nested_realigned(int bytes)
{
        char wide[64] __attribute__((aligned(64)));
        char *room = alloca((size_t)bytes);

        keep(wide);
        keep(room);
        leaf();
        keep(wide);
}

NOINLINE static void realigned_outer(int bytes)
{
        char wide[128] __attribute__((aligned(128)));

        keep(wide);
        nested_realigned(bytes);
        keep(wide);
}

NOINLINE static void on_signal(UNUSED int number)
{
        keep(malloc(21));
}

NOINLINE static void raises(void)
{
        raise(SIGUSR1);
        __asm__ volatile("");
}

int main(void)
{
        signal(SIGUSR1, on_signal);
        for (int i = 1; i <= ROUNDS; i++) {
                realigned();
                with_alloca(i % 7 * 100 + 1);
                with_array(i % 5 * 50 + 1);
                with_frame_pointer(i);
                big_frame();
                if (i == 1)
                        many_registers(i, 2, 3, 4, 5, 6, 7, 8);
                through_pointer();
                realigned_outer(i % 9 * 60 + 1);
        }
        raises();
        return 0;
}
