/* The unwinder and its memo, judged frame by frame by libgcc's backtrace on stacks of many shapes. */
#define _GNU_SOURCE
#include <alloca.h>
#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "tests/unit/record/judge.h"

TestSuite(memo, .init = open_all);

static unsigned random_state = 1;

static unsigned any(unsigned below)
{
        random_state = random_state * 1103515245 + 12345;
        return (random_state >> 16) % below;
}

typedef void shape(int depth);
static shape plain, wide, moving, aligned, framed, pointed;
static shape *const shapes[] = {plain, wide, moving, aligned, framed, pointed};

APART static void go(int depth)
{
        capture();
        if (depth > 0)
                for (unsigned i = 0; i < 1 + any(2); i++)
                        shapes[any(sizeof shapes / sizeof *shapes)](depth - 1);
        capture();
}

APART static void plain(int depth)
{
        go(depth);
        capture();
}

APART static void wide(int depth)
{
        volatile char room[3000];

        room[0] = (char)depth;
        go(depth);
        room[1] = room[0];
}

APART static void moving(int depth)
{
        volatile char *room = alloca(16 + any(500));

        room[0] = 1;
        go(depth);
        room = alloca(1 + any(100));
        room[0] = 2;
        go(depth - 1);
}

APART static void aligned(int depth)
{
        _Alignas(128) volatile char room[128];

        room[0] = (char)depth;
        go(depth);
        room[1] = room[0];
}

__attribute__((noinline, optimize("no-omit-frame-pointer"))) static void framed(int depth)
{
        go(depth);
        capture();
}

/* The frame pointer as a general register. */
APART static void pointed(int depth)
{
        register unsigned long a = (unsigned long)depth, b = a * 3, c = b ^ 5, d = c + 7, e = d * 11, f = e ^ a;

        go(depth);
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
        go(depth - 2);
        __asm__ volatile("" ::"r"(a), "r"(b), "r"(c), "r"(d), "r"(e), "r"(f));
}

Test(memo, agrees_with_backtrace_on_many_shapes)
{
        for (int round = 0; round < 60; round++)
                go(6);
        cr_assert_gt(captures, 1000);
}

Test(memo, the_same_stack_has_the_same_id_and_is_defined_once)
{
        uint32_t id[3];
        unsigned before = 0;

        for (volatile int i = 0; i < 3; i++) {
                id[i] = capture();
                if (i == 0)
                        before = definitions;
        }
        cr_assert_eq(id[0], id[1]);
        cr_assert_eq(id[1], id[2]);
        cr_assert_eq(definitions, before);
}

APART static uint32_t from_one_line(void)
{
        uint32_t id = capture();

        __asm__ volatile("");
        return id;
}

APART static uint32_t caller_of_two_lines(int which)
{
        uint32_t id = which ? from_one_line() : 0;

        if (!which)
                id = from_one_line();
        __asm__ volatile("");
        return id;
}

/* The innermost frame is the same at the same place; only the return address outside it differs. */
Test(memo, callers_are_told_apart_that_differ_in_a_return_address_only)
{
        cr_assert_neq(caller_of_two_lines(0), caller_of_two_lines(1));
}

APART static void deep(int depth)
{
        volatile char room[16];

        room[0] = 1;
        if (depth)
                deep(depth - 1);
        else
                capture();
        room[1] = room[0];
}

Test(memo, deep_stacks_are_whole)
{
        for (int i = 0; i < 5; i++)
                deep(1200 + i % 2);
}

static jmp_buf back;

APART static void jumps(int depth)
{
        if (depth)
                jumps(depth - 1);
        capture();
        if (!depth)
                longjmp(back, 1);
}

Test(memo, longjmp_leaves_no_trace)
{
        for (volatile int i = 0; i < 20; i++) {
                if (setjmp(back) == 0)
                        jumps(5 + i % 3);
                capture();
        }
}

static void on_signal(int number)
{
        capture();
        if (number == SIGUSR1)
                raise(SIGUSR2);
        capture();
}

Test(memo, signal_frames_are_crossed)
{
        static char stack[65536];
        stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
        struct sigaction here = {.sa_handler = on_signal}, there = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

        sigaltstack(&other, NULL);
        sigaction(SIGUSR1, &here, NULL);
        sigaction(SIGUSR2, &there, NULL);
        for (int i = 0; i < 5; i++) {
                capture();
                raise(i % 2 ? SIGUSR1 : SIGUSR2);
                capture();
        }
}

static ucontext_t main_context, fibre_context;

static void fibre(void)
{
        for (;;) {
                plain(2);
                swapcontext(&fibre_context, &main_context);
        }
}

Test(memo, fibres_have_stacks_of_their_own)
{
        static char stack[262144];

        getcontext(&fibre_context);
        fibre_context.uc_stack = (stack_t){.ss_sp = stack, .ss_size = sizeof stack};
        makecontext(&fibre_context, fibre, 0);
        for (int i = 0; i < 10; i++) {
                capture();
                swapcontext(&main_context, &fibre_context);
                capture();
        }
}

Test(memo, a_limit_keeps_the_innermost_frames)
{
        uint64_t ours[FRAMES];
        uint32_t id;

        memo = memo_create(MEMO_OWN, 3, remember, NULL);
        id = memo_capture(memo, __builtin_frame_address(0));
        cr_assert_eq(defined_frames(id, ours, FRAMES), 3);
        cr_assert(defined[id]->flags & WIRE_STACK_TRUNCATED);
        cr_assert_eq(memo_counts(memo)->truncated, 1);
}

APART static uint32_t capture_unjudged(void)
{
        uint32_t id = memo_capture(memo, __builtin_frame_address(0));

        __asm__ volatile("");
        return id;
}

APART static uint32_t capture_one_more(void)
{
        uint32_t id = capture_unjudged();

        __asm__ volatile("");
        return id;
}

APART static uint32_t known_caller(bool deeper)
{
        uint32_t id = 0;

        /* One place, so that the frame is the same whether it is the innermost or not. */
        for (int i = 0; i < 2; i++) {
                uint32_t (*volatile call)(void) = i == 0 || !deeper ? capture_unjudged : capture_one_more;

                id = call();
        }
        return id;
}

static void fill_tables(void)
{
        bool is_new;

        for (uint64_t i = 0, refused = 0; refused < 1000; i++)
                refused = stacks_intern(stacks_chain(3, i), &is_new) ? 0 : refused + 1;
        cr_assert_gt(stacks_count(), 2000000);
}

/* Nothing is dropped: a stack that has no room is its nearest known caller's, and counted. */
Test(memo, full_tables_leave_the_nearest_known_caller)
{
        uint32_t known = 0;

        for (volatile unsigned turn = 0; turn < 5; turn++) {
                uint32_t id = known_caller(turn >= 2);

                if (turn == 0) {
                        known = id;
                        fill_tables();
                }
                cr_assert_eq(id, known);
                cr_assert_eq(memo_counts(memo)->truncated, turn >= 2 ? turn - 1 : 0);
        }
}
