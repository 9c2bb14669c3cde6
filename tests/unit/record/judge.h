/* A memo whose captures are judged frame by frame by libgcc's backtrace, for the tests of this directory. */
#ifndef TESTS_UNIT_RECORD_JUDGE_H
#define TESTS_UNIT_RECORD_JUDGE_H

#include <criterion/criterion.h>
#include <execinfo.h>
#include <stdint.h>
#include <stdlib.h>

#include "preload/record/memo.h"
#include "preload/record/modules.h"
#include "preload/record/rules.h"
#include "preload/record/stacks.h"

#define APART __attribute__((noinline, noclone))

enum { DEFINITIONS = 200000, FRAMES = 2000 };

struct definition {
        uint32_t ancestor, flags, count;
        uint64_t frame[WIRE_STACK_FRAMES_MAX];
};

static struct definition *defined[DEFINITIONS * 8];
static struct memo *memo;
static unsigned captures, definitions;

static void remember(void *context, uint32_t id, uint32_t ancestor, uint32_t flags, const struct wire_pc *frame,
                     size_t count)
{
        struct definition *definition = malloc(sizeof *definition);

        (void)context;
        cr_assert_lt(id, sizeof defined / sizeof *defined);
        cr_assert_null(defined[id], "stack %u was defined twice", id);
        definition->ancestor = ancestor;
        definition->flags = flags;
        definition->count = (uint32_t)count;
        for (size_t i = 0; i < count; i++)
                definition->frame[i] = frame[i].pc;
        defined[id] = definition;
        definitions++;
}

static inline void open_all(void)
{
        cr_assert(modules_open("/proc/self/exe"));
        cr_assert(rules_open());
        cr_assert(stacks_open());
        memo = memo_create(MEMO_OWN, 0, remember, NULL);
        cr_assert(memo);
}

/* The frames that the definitions give for an id. */
static inline size_t defined_frames(uint32_t id, uint64_t *frame, size_t frame_max)
{
        size_t count = 0;

        while (id) {
                const struct definition *definition = defined[id];

                cr_assert(definition, "stack %u was never defined", id);
                for (uint32_t i = 0; i < definition->count && count < frame_max; i++)
                        frame[count++] = definition->frame[i];
                id = definition->ancestor;
        }
        return count;
}

/* Captures, and compares with the judge: the frames from our caller outward. */
__attribute__((unused)) APART static uint32_t capture(void)
{
        const uintptr_t *frame = __builtin_frame_address(0);
        static void *judge[FRAMES];
        static uint64_t ours[FRAMES];
        uint32_t id = memo_capture(memo, frame);
        int judge_count = backtrace(judge, FRAMES), first = 0;
        size_t count = defined_frames(id, ours, FRAMES);

        captures++;
        while (first < judge_count && (uintptr_t)judge[first] != frame[1])
                first++;
        cr_assert_lt(first, judge_count);
        cr_assert_eq(count, (size_t)(judge_count - first), "%zu frames, and the judge has %d", count,
                     judge_count - first);
        for (size_t i = 0; i < count; i++) {
                uintptr_t address = (uintptr_t)judge[first + (int)i];

                /* A frame that a signal interrupted is exact with us. */
                cr_assert(ours[i] == address - 1 || ours[i] == address, "frame %zu: %lx, not %lx", i,
                          (unsigned long)ours[i], (unsigned long)address);
        }
        __asm__ volatile("" ::: "memory");
        return id;
}

#endif
