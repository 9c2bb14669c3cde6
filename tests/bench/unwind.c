/* What a backtrace costs: ours, with its id, against unw_backtrace, which only writes addresses down. Each pattern of
 * calls is run with either and with an empty function in turn, so that what the calls themselves cost is taken off; of
 * the turns the quickest counts.
 *
 *     unwind [TURNS]
 *
 * The last lines are the bars: a repeated stack of 20 frames, one whose last few frames differ, and how much less than
 * unw_backtrace the first is. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "preload/record/memo.h"
#include "preload/record/modules.h"
#include "preload/record/rules.h"
#include "preload/record/stacks.h"

#define APART __attribute__((noinline, noclone))

enum { ADDRESSES = 256, METHODS = 3, CAPTURES = 6000 };

typedef void capture(void);

static struct memo *memo;
static int (*libunwind)(void **address, int address_max);
static capture *volatile take;
static volatile uint32_t sink;
static uint64_t defined;

static void define(void *context, uint32_t id, uint32_t ancestor, uint32_t flags, const struct wire_pc *frame,
                   size_t count)
{
        (void)context, (void)id, (void)ancestor, (void)flags, (void)frame, (void)count;
        defined++;
}

APART static void take_nothing(void)
{
        __asm__ volatile("" ::"r"(__builtin_frame_address(0)) : "memory");
}

APART static void take_ours(void)
{
        sink = memo_capture(memo, __builtin_frame_address(0));
        __asm__ volatile("" ::: "memory");
}

APART static void take_libunwind(void)
{
        void *address[ADDRESSES];

        sink = (uint32_t)libunwind(address, ADDRESSES);
        __asm__ volatile("" ::"r"(address) : "memory");
}

static capture *const methods[METHODS] = {take_nothing, take_ours, take_libunwind};

/* --- patterns: each captures CAPTURES times ------------------------------------------------------------------------
 */

typedef void pattern(unsigned turn);

APART static void repeated(unsigned turn)
{
        (void)turn;
        for (int i = 0; i < CAPTURES; i++)
                take();
}

APART static void two_more(void)
{
        take();
        __asm__ volatile("");
}

APART static void one_more(void)
{
        take();
        two_more();
        __asm__ volatile("");
}

/* Three places within two frames. */
APART static void leaves(unsigned turn)
{
        (void)turn;
        for (int i = 0; i < CAPTURES / 3; i++) {
                take();
                one_more();
        }
}

APART static void ternary(int levels)
{
        if (levels == 0) {
                take();
                return;
        }
        ternary(levels - 1);
        __asm__ volatile("");
        ternary(levels - 1);
        __asm__ volatile("");
        ternary(levels - 1);
        __asm__ volatile("");
}

/* As a tree is built or walked. */
APART static void tree(unsigned turn)
{
        (void)turn;
        for (int i = 0; i < CAPTURES / 81; i++)
                ternary(4);
}

static int depth;

APART static void either(uint64_t way, int left);

APART static void one(uint64_t way, int left)
{
        volatile char room[24];

        room[0] = 1;
        either(way >> 1, left - 1);
        room[1] = room[0];
}

APART static void other(uint64_t way, int left)
{
        volatile char room[56];

        room[0] = 1;
        either(way >> 1, left - 1);
        room[1] = room[0];
}

APART static void either(uint64_t way, int left)
{
        if (left <= 0)
                take();
        else if (way & 1)
                one(way, left);
        else
                other(way, left);
        __asm__ volatile("");
}

static uint64_t scrambled(uint64_t number)
{
        number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
        return number ^ number >> 29;
}

/* The same 256 stacks, from the outermost frame on different. */
APART static void of_256(unsigned turn)
{
        (void)turn;
        for (uint64_t i = 0; i < CAPTURES; i++)
                either(scrambled(i * 7919 % 256), depth / 2);
}

APART static void always_new(unsigned turn)
{
        static uint64_t number = 1000;

        (void)turn;
        for (uint64_t i = 0; i < CAPTURES / 10; i++)
                either(scrambled(number++), depth / 2);
}

/* --- measuring -----------------------------------------------------------------------------------------------------
 */

static double now_ns(void)
{
        struct timespec time;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Runs the pattern `frames` frames deep. */
APART static void below(int frames, pattern *run, unsigned turn)
{
        if (frames > 0)
                below(frames - 1, run, turn);
        else
                run(turn);
        __asm__ volatile("");
}

/* How deep the pattern captures without any frames more, and last of all. */
static int frames_least(pattern *run)
{
        take = take_libunwind;
        below(0, run, 0);
        return (int)sink - 1;
}

static void measure(pattern *run, int frames, unsigned turns, int captures, double ret_ns[METHODS])
{
        for (int method = 0; method < METHODS; method++)
                ret_ns[method] = 1e18;
        for (unsigned turn = 0; turn < turns; turn++) {
                for (int method = 0; method < METHODS; method++) {
                        double begin;

                        take = methods[method];
                        begin = now_ns();
                        below(frames, run, turn);
                        begin = (now_ns() - begin) / captures;
                        if (begin < ret_ns[method])
                                ret_ns[method] = begin;
                }
        }
        for (int method = 1; method < METHODS; method++)
                ret_ns[method] -= ret_ns[0];
}

static const struct {
        const char *name;
        pattern *run;
        int captures;
} patterns[] = {
        {"repeated", repeated, CAPTURES}, {"leaves", leaves, CAPTURES},       {"tree", tree, CAPTURES / 81 * 81},
        {"of 256", of_256, CAPTURES},     {"new", always_new, CAPTURES / 10},
};

static bool bar(const char *name, double value, double limit, bool least)
{
        bool good = least ? value >= limit : value <= limit;

        printf("%s: %s %.1f, the bar is %.0f\n", good ? "ok" : "not ok", name, value, limit);
        return good;
}

int main(int argc, char **argv)
{
        static const int depths[] = {5, 10, 20, 40, 80};
        unsigned turns = argc > 1 ? (unsigned)atoi(argv[1]) : 15;
        void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
        double ns[METHODS], bars[2] = {0, 0}, ratio = 0;
        bool good = true;

        libunwind = library ? (int (*)(void **, int))dlsym(library, "unw_backtrace") : NULL;
        if (!libunwind || !modules_open("/proc/self/exe") || !rules_open() || !stacks_open())
                return 2;
        memo = memo_create(MEMO_OWN, 0, define, NULL);
        if (!memo)
                return 2;
        printf("%-10s %6s %10s %12s %7s\n", "pattern", "frames", "ours, ns", "libunwind, ns", "ratio");
        for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
                for (size_t k = 0; k < sizeof depths / sizeof *depths; k++) {
                        int least, more;

                        depth = depths[k] / 2;
                        least = frames_least(patterns[i].run);
                        more = depths[k] > least ? depths[k] - least : 0;
                        measure(patterns[i].run, more, turns, patterns[i].captures, ns);
                        printf("%-10s %6d %10.1f %12.1f %7.1f\n", patterns[i].name, (int)sink - 1, ns[1], ns[2],
                               ns[2] / ns[1]);
                        if (depths[k] == 20 && i <= 2) {
                                bool differing = patterns[i].run != repeated;

                                if (ns[1] > bars[differing])
                                        bars[differing] = ns[1];
                                if (!differing)
                                        ratio = ns[2] / ns[1];
                        }
                }
        }
        good &= bar("ns for a repeated stack of 20 frames", bars[0], 25, false);
        good &= bar("ns when the last few frames differ", bars[1], 60, false);
        good &= bar("times less than unw_backtrace, repeated", ratio, 6, true);
        return !good;
}
