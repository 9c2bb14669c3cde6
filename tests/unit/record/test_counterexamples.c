/* Each check of the memo and of the recent stacks is needed: stacks that differ in nothing but what that one compares.
 * Where the judge cannot follow, the test is that nothing is read which is not there. */
#define _GNU_SOURCE
#include <alloca.h>
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/unit/record/judge.h"

TestSuite(counterexamples, .init = open_all);

enum { PAGE = 4096, TIMES = 4 /* a stack is entered among the recent ones when it is missed for the second time */ };

/* --- the words: frames at the same place that differ in a return address further out -------------------------------
 */

APART static uint32_t inner(void)
{
        uint32_t id = capture();

        __asm__ volatile("");
        return id;
}

APART static uint32_t outer(int line)
{
        uint32_t id;

        if (line) {
                __asm__ volatile("nop"); /* or both calls would become one */
                id = inner();
                __asm__ volatile("nop");
        } else {
                id = inner();
                __asm__ volatile("");
        }
        return id;
}

Test(counterexamples, recent_stacks_that_differ_in_a_return_address)
{
        uint32_t id[2] = {0, 0};

        for (int round = 0; round < 5; round++) {
                for (int line = 0; line < 2; line++) {
                        for (int i = 0; i < TIMES; i++) {
                                uint32_t now = outer(line);

                                cr_assert(!id[line] || id[line] == now);
                                id[line] = now;
                        }
                }
        }
        cr_assert_neq(id[0], id[1]);
}

/* --- the frame pointer: pad lowers the stack by as much as the inner alloca is smaller -----------------------------
 */

static uintptr_t place_of_moving;
static long pad_bytes;

APART static void moving(long bytes)
{
        volatile char *room = alloca((size_t)bytes);

        room[0] = 1;
        place_of_moving = (uintptr_t)__builtin_frame_address(0);
        capture();
        __asm__ volatile("" ::"r"(room) : "memory");
}

APART static void pad(long bytes)
{
        volatile char room[40];

        room[0] = (char)bytes;
        moving(bytes - pad_bytes);
        __asm__ volatile("" ::"r"(room) : "memory");
}

Test(counterexamples, the_frame_pointer_decides_between_equal_words)
{
        void (*volatile way[2])(long) = {moving, pad};
        uintptr_t direct;

        way[0](512);
        direct = place_of_moving;
        way[1](512);
        pad_bytes = (long)(direct - place_of_moving);
        for (int i = 0; i < 20 * TIMES; i++)
                way[i / TIMES % 2](512);
        for (int i = 0; i < 20; i++)
                way[i % 2](512);
}

/* --- the trunk of a recent stack: deeper than an entry holds -------------------------------------------------------
 */

APART static void deep(int depth, int middle)
{
        if (depth == middle)
                capture();
        if (depth)
                deep(depth - 1, middle);
        else
                inner();
        __asm__ volatile("");
}

APART static void root(int line, int middle)
{
        if (line) {
                __asm__ volatile("nop");
                deep(80, middle);
                __asm__ volatile("nop");
        } else {
                deep(80, middle);
                __asm__ volatile("");
        }
}

Test(counterexamples, a_return_address_beyond_the_words_of_an_entry)
{
        for (int i = 0; i < 10 * TIMES; i++)
                root(i / TIMES % 2, -1);
}

/* The memo is rebuilt between: its frames hold, but they are not those that the entry names. */
Test(counterexamples, a_trunk_that_is_another_by_now)
{
        for (int i = 0; i < 10; i++) {
                for (int k = 0; k < TIMES; k++)
                        root(i % 2, -1);
                root(1 - i % 2, 60);
        }
}

enum { ROOM = 512 };
static int frames_left;

/* No frame of these touches the frame pointer. */
APART static void down(void)
{
        volatile char room[24];

        room[0] = 1;
        if (--frames_left > 0)
                down();
        else
                inner();
        room[1] = room[0];
}

APART static void below(size_t bytes)
{
        volatile char *room = alloca(bytes);

        room[0] = 1;
        frames_left = 60;
        down();
        __asm__ volatile("" ::"r"(room) : "memory");
}

APART static void above(size_t bytes, int line)
{
        volatile char *room = alloca(bytes);

        room[0] = 1;
        if (line) {
                __asm__ volatile("nop");
                below(ROOM - bytes);
                __asm__ volatile("nop");
        } else {
                below(ROOM - bytes);
                __asm__ volatile("");
        }
        __asm__ volatile("" ::"r"(room) : "memory");
}

/* The inner 60 frames are the same in all stacks, at the same place. When the last comes, the entry is that of the
 * first, the memo has from the third the same outer frames, but for the frame pointer, and the words of the third are
 * still there. The second keeps the third from being entered, which has the id of the first. */
Test(counterexamples, a_trunk_with_another_frame_pointer)
{
        for (int i = 0; i < 5 * (TIMES + 3); i++) {
                int k = i % (TIMES + 3);

                above(k == TIMES + 1 ? ROOM / 2 : ROOM / 4, k == TIMES || k == TIMES + 2); /* from one place */
        }
}

/* --- what is not there any more ------------------------------------------------------------------------------------
 */

static ucontext_t here, there;
static uintptr_t dig_to, dig_bytes; /* of a frame of dig */

/* Goes down until its frame lies below `dig_to`, and captures there. */
APART static void dig(uintptr_t caller)
{
        volatile char room[24];

        room[0] = 1;
        dig_bytes = caller - (uintptr_t)room;
        if ((uintptr_t)room > dig_to + 64)
                dig((uintptr_t)room);
        else
                inner();
        room[1] = room[0];
}

static void fibre(void)
{
        dig(0);
        swapcontext(&there, &here);
}

static void on_stack(char *stack, size_t bytes, void (*function)(void))
{
        getcontext(&there);
        there.uc_stack = (stack_t){.ss_sp = stack, .ss_size = bytes};
        there.uc_link = NULL;
        makecontext(&there, function, 0);
        swapcontext(&here, &there);
}

/* The second fibre begins some frames of dig further down, so that its frames lie where some of the first have lain,
 * whose others are gone. Nobody may have a frame pointer, which would differ. */
Test(counterexamples, stacks_of_fibres_that_end_nearer_than_before)
{
        enum { STACK = 16 * PAGE };

        for (int round = 0; round < 5; round++) {
                char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                cr_assert_neq(stack, MAP_FAILED);
                dig_to = (uintptr_t)stack + 12 * PAGE + (unsigned)round * dig_bytes; /* the judge needs the rest */
                for (int i = 0; i < TIMES; i++)
                        on_stack(stack, STACK, fibre);
                cr_assert_eq(mprotect(stack + STACK - PAGE, PAGE, PROT_NONE), 0);
                for (int i = 0; i < TIMES; i++)
                        on_stack(stack, STACK - (PAGE / dig_bytes + 1) * dig_bytes, fibre);
                munmap(stack, STACK);
        }
}

static int fibre_line;

static void deep_fibre(void)
{
        root(fibre_line, -1);
        swapcontext(&there, &here);
}

/* The memo has the outer frames that the entry names, but on the other stack, where they are still as they were. */
Test(counterexamples, a_trunk_on_another_stack)
{
        enum { STACK = 32 * PAGE };
        static char stack[2][STACK];

        for (int i = 0; i < 5; i++) {
                fibre_line = 0;
                for (int k = 0; k < TIMES; k++)
                        on_stack(stack[0], STACK, deep_fibre);
                on_stack(stack[1], STACK, deep_fibre);
                fibre_line = 1;
                on_stack(stack[0], STACK, deep_fibre);
        }
}

#ifdef __x86_64__

/* Code without unwind information that has a frame pointer of its own. */
void call_with_pointer(void (*function)(void), const uint64_t *pointer);
__asm__(".text\n"
        ".type call_with_pointer,@function\n"
        "call_with_pointer:\n\t"
        "push %rbp\n\t"
        "mov %rsi,%rbp\n\t"
        "call *%rdi\n\t"
        "pop %rbp\n\t"
        "ret\n"
        ".size call_with_pointer,.-call_with_pointer\n");

static uint64_t *pointer;
static uint32_t id_of_guess;

APART static void capture_unjudged(void)
{
        id_of_guess = memo_capture(memo, __builtin_frame_address(0));
        __asm__ volatile("" ::: "memory");
}

static void guessing_fibre(void)
{
        call_with_pointer(capture_unjudged, pointer);
        swapcontext(&there, &here);
}

/* The guess leads beyond the fibre's stack into memory that is another's, and goes. */
Test(counterexamples, what_a_guess_has_read_may_be_gone)
{
        enum { STACK = 8 * PAGE };
        char *stack = mmap(NULL, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        uint32_t with, without;

        cr_assert_neq(stack, MAP_FAILED);
        pointer = (uint64_t *)(void *)(stack + STACK + 64);
        pointer[0] = 0;
        pointer[1] = (uintptr_t)inner + 4;
        for (int i = 0; i < TIMES; i++)
                on_stack(stack, STACK, guessing_fibre);
        with = id_of_guess;
        cr_assert_eq(mprotect(stack + STACK, PAGE, PROT_NONE), 0);
        for (int i = 0; i < TIMES; i++)
                on_stack(stack, STACK, guessing_fibre);
        without = id_of_guess;
        cr_assert(with && without);
        cr_assert_neq(with, without, "the frame beyond is no longer known");
}

Test(counterexamples, frame_pointers_to_nowhere)
{
        static const uint64_t wild[] = {
                0, 1, 8, 4096, 0x4141414141414141, UINT64_MAX - 7, UINT64_MAX - 15, UINT64_C(1) << 47};

        for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
                for (int k = 0; k < TIMES; k++)
                        call_with_pointer(capture_unjudged, (const uint64_t *)(uintptr_t)wild[i]);
        for (size_t i = 0; i < 4 * PAGE; i++)
                call_with_pointer(capture_unjudged,
                                  (const uint64_t *)(uintptr_t)((char *)__builtin_frame_address(0) + i - PAGE));
}

#endif
