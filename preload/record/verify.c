/* The judge: libunwind's answer beside ours. */
#include "preload/record/verify.h"

#include "preload/record/memo_inside.h"
#include "preload/record/modules.h"
#include "preload/record/naming.h"
#include "preload/record/stacks.h"

/* The keys of `count` of libunwind's addresses, innermost first, from the one that is frame[1]. They go through our
 * rules only to learn the generations of their modules, and behind which of them a signal has interrupted its caller,
 * whose address is exact. */
static size_t address_keys(struct memo *memo, int count, const uintptr_t *frame, uint64_t *ret_key)
{
        void **address = memo->address;
        bool is_signal = false;
        size_t keys = 0;
        int first = 0;

        while (first < count && (uintptr_t)address[first] != frame[1])
                first++;
        for (int i = first; i < count && keys < FRAMES_MAX && address[i]; i++) {
                const struct rule *rule = rules_lookup(&memo->rules, (uintptr_t)address[i] - (is_signal ? 0 : 1));

                ret_key[keys++] = rule->key;
                is_signal = rule->kind == RULE_SIGNAL;
        }
        return keys;
}

static COLD size_t libunwind_keys(struct memo *memo, const uintptr_t *frame, bool by_steps, uint64_t *ret_key)
{
        int count;

        memo->in_libunwind = true;
        count = by_steps ? unwind_slow_steps(memo->address, ADDRESSES_MAX, memo->judge_stack)
                         : unwind_slow_backtrace(memo->address, ADDRESSES_MAX);
        memo->in_libunwind = false;
        return address_keys(memo, count, frame, ret_key);
}

COLD uint32_t verify_libunwind(struct memo *memo, const uintptr_t *frame)
{
        uint64_t epoch = modules_epoch();

        if (epoch != memo->epoch)
                memo_renew(memo, epoch);
        return naming_keys(memo, memo->key, libunwind_keys(memo, frame, false, memo->key), 0);
}

/* Whether the stack with that id has these frames, innermost first; true if the tables are full. */
static bool id_is_of(uint32_t id, const uint64_t *key, size_t count)
{
        uint64_t hash = 0;
        uint32_t named;
        bool is_new;

        while (count-- > 0)
                hash = stacks_chain(hash, key[count]);
        named = stacks_intern(hash, &is_new);
        return !is_new && (named == id || !named);
}

/* A debugger may stop here: memo_frames, if the walk was anew, and memo->key are the two answers. */
static COLD void differs(struct memo *memo)
{
        memo->counts.differ++;
        __asm__ volatile("" ::"r"(memo) : "memory");
}

/* Whether libunwind's two ways of walking say what we say, one at least: unw_backtrace, which keeps a cache of its own
 * and gives up where a guess has failed once; then unw_step, which takes a frame pointer for a stack pointer where
 * there is no unwind information. */
COLD void verify_capture(struct memo *memo, const uintptr_t *frame, uint32_t id)
{
        memo->counts.checked++;
        /* unw_backtrace is not to be called from a handler that has interrupted it, nor where there is little stack. */
        if (!memo->nested && step_on_own_stack(&memo->stack, (uintptr_t)frame) &&
            id_is_of(id, memo->key, libunwind_keys(memo, frame, false, memo->key)))
                return;
        if (!id_is_of(id, memo->key, libunwind_keys(memo, frame, true, memo->key)))
                differs(memo);
}
