/* The walk and the memo. See the header for why the memo is exact. */
#include "preload/record/memo.h"

#include <sys/mman.h>

#include "preload/platform.h"
#include "preload/record/memo_inside.h"
#include "preload/record/naming.h"
#include "preload/record/stacks.h"
#include "preload/record/verify.h"

enum { VERIFY_INTERVAL = 64 };

_Static_assert(offsetof(struct memo, recent) == 0, "memo_recent relies on it");

struct memo *memo_create(enum memo_mode mode, unsigned depth_max, memo_define *define, void *context)
{
        struct memo *memo =
                mmap(NULL, sizeof *memo, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memo == MAP_FAILED)
                return NULL;
        mappings_add(&memo->mapping, memo, sizeof *memo);
        memo->mode = mode;
        memo->verify_interval = mode == MEMO_VERIFY_ALL ? 1 : mode == MEMO_VERIFY ? VERIFY_INTERVAL : 0;
        memo->recent.epoch = memo->verify_interval ? UINT64_MAX : 0;
        memo->depth_max = depth_max;
        memo->define = define;
        memo->context = context;
        memo->recent.shift = 64 - RECENT_BITS_FIRST;
        rules_cache_empty(&memo->rules);
        memo->frame = memo->guarded_frame + 1;
        memo->word = memo->guarded_word + WORDS_AT_ONCE - 1;
        memo->step = memo->guarded_step + 1;
        memo->leaf = memo->guarded_frame;
        *memo->leaf = (struct frame){.sp = UINT64_MAX, .word_end = memo->word};
        memo->named_shift = 64 - NAMED_BITS_FIRST;
        for (struct word *guard = memo->guarded_word; guard < memo->word; guard++)
                guard->address = (uintptr_t)&guard->value;
        return memo;
}

uint64_t memo_bytes(const struct memo *memo)
{
        return (sizeof(struct rule) << (64 - memo->rules.shift)) +
               memo->depth_seen * (sizeof(struct frame) + 2 * sizeof(struct word) + sizeof(struct step)) +
               (sizeof(struct named) << (64 - memo->named_shift)) + 3 * STEP_PAGE;
}

bool memo_is_in_libunwind(const struct memo *memo)
{
        return memo->in_libunwind;
}

void memo_nested(struct memo *memo, bool nested)
{
        memo->nested = nested;
}

uint64_t memo_stack_end(const struct memo *memo)
{
        return memo_count(memo) ? memo->frame[0].sp : 0;
}

static void recent_forget(struct memo *memo)
{
        for (unsigned i = 0; i < 1u << (64 - memo->recent.shift); i++)
                if (memo->recent.stack[i].return_address) /* or memory would be touched for nothing */
                        memo->recent.stack[i].return_address = 0;
}

/* The stack walked last is not to be compared with. */
static inline void memo_cut(struct memo *memo)
{
        memo->leaf = memo->frame - 1;
}

static void memo_drop(struct memo *memo)
{
        memo_cut(memo);
        recent_forget(memo);
}

void memo_forget(struct memo *memo)
{
        memo_drop(memo);
        memo->stack = (struct step_stack){0};
}

const struct memo_counts *memo_counts(const struct memo *memo)
{
        return &memo->counts;
}

size_t memo_frames(const struct memo *memo, uint64_t *ret_key, size_t key_max)
{
        size_t count = 0;

        for (const struct frame *frame = memo->leaf; frame >= memo->frame && count < key_max; frame--)
                ret_key[count++] = frame->key;
        return count;
}

/* --- the memo ---------------------------------------------------------------------------------------------------- */

static inline bool word_holds(const struct word *word)
{
        return step_load(word->address) == word->value;
}

/* Whether the words before `end` hold what they held, from the innermost outward; the first that has changed ends the
 * reading, and is *ret_changed. A turn takes several, so that their number is rarely a surprise to the processor, and
 * may go on into the guard. */
static inline bool words_hold(const struct word *word, const struct word *end, const struct word **ret_changed)
{
        while (end > word && word_holds(end - 1) && word_holds(end - 2) && word_holds(end - 3) && word_holds(end - 4) &&
               word_holds(end - 5) && word_holds(end - 6) && word_holds(end - 7) && word_holds(end - 8))
                end -= WORDS_AT_ONCE;
        if (LIKELY(end <= word))
                return true;
        while (end > word + 1 && word_holds(end - 1))
                end--;
        *ret_changed = end - 1;
        return false;
}

static inline bool frame_is(const struct frame *frame, const struct step_registers *at, bool is_signal)
{
        return frame->sp == at->sp && rules_key_is(frame->key, at->pc) && frame->is_signal == is_signal &&
               (!frame->fp_live || frame->fp == at->fp);
}

/* Whether the memo's frame and all outside it hold still. If not, *frame becomes the one to go on looking from. */
static inline bool memo_holds(const struct memo *memo, struct frame **frame)
{
        const struct word *changed;

        if (LIKELY(words_hold(memo->word, (*frame)->word_end, &changed)))
                return true;
        /* The frames whose steps need the word are lost, those further out are not; the guard has none. */
        while ((*frame)->word_end > changed)
                --*frame;
        return false;
}

static inline struct word *word_put(struct word *word, uint64_t address)
{
        word->address = address;
        word->value = step_load(address);
        return word + 1;
}

/* Adds the words that the step out of a frame, with its caller's frame at `cfa`, needs to the list, and says whether
 * the frame pointer matters at its own state, given whether it matters at its caller's. */
static inline struct word *words_put(struct word *word, const struct step *step, uint64_t cfa, bool *fp_live)
{
        const struct rule *rule = &step->rule;
        bool restores = rule->flags & RULE_RESTORES_FP;

        switch (rule->kind) {
        case RULE_SP:
                if (*fp_live && restores) {
                        word = word_put(word, cfa + (uint64_t)(int64_t)rule->fp_offset);
                        *fp_live = false;
                }
                return word_put(word, cfa - 8);
        case RULE_FP:
        case RULE_GUESS:
                if (*fp_live && restores)
                        word = word_put(word, cfa + (uint64_t)(int64_t)rule->fp_offset);
                *fp_live = true;
                return word_put(word, cfa - 8);
        case RULE_FP_DEREF:
                if (*fp_live)
                        word = word_put(word, step->fp + (uint64_t)(int64_t)rule->fp_offset);
                *fp_live = true;
                word = word_put(word, cfa - 8);
                return word_put(word, step->fp + (uint64_t)(int64_t)rule->cfa_offset);
        default: /* RULE_SIGNAL */
                *fp_live = false;
                word = word_put(word, step->sp + PLATFORM_UCONTEXT_PC);
                word = word_put(word, step->sp + PLATFORM_UCONTEXT_SP);
                return word_put(word, step->sp + PLATFORM_UCONTEXT_FP);
        }
}

/* Puts the steps of a fresh walk, outermost first, on top of the memo's leaf. `cfa` is the sp of the state that the
 * last step led to. The step without a way out, if any, is the outermost: it has no words. */
static inline __attribute__((always_inline)) void memo_rebuild(struct memo *memo, const struct step *end, uint64_t cfa,
                                                               bool ended, bool end_used_fp)
{
        struct frame *frame = memo->leaf;
        struct word *word = frame->word_end;
        uint64_t hash = frame->hash;
        bool fp_live = frame->fp_live;

        for (const struct step *step = end - 1; step >= memo->step; step--) {
                if (UNLIKELY(ended))
                        fp_live = end_used_fp;
                else
                        word = words_put(word, step, cfa, &fp_live);
                ended = false;
                cfa = step->sp;
                hash = stacks_chain(hash, step->rule.key);
                frame++;
                frame->sp = cfa;
                frame->key = step->rule.key;
                frame->hash = hash;
                frame->fp = step->fp;
                frame->word_end = word;
                frame->id = 0;
                frame->fp_live = fp_live;
                frame->is_signal = step[-1].rule.kind == RULE_SIGNAL;
                frame->is_loader = step->rule.flags & RULE_LOADER;
        }
        memo->leaf = frame;
}

/* --- capture ----------------------------------------------------------------------------------------------------- */

/* Deeper than wanted: the innermost frames only, which are the first steps of the walk or the last of the memo. */
static COLD uint32_t capture_truncated(struct memo *memo, size_t count)
{
        memo->counts.truncated++;
        return naming_keys(memo, memo->key, count, WIRE_STACK_TRUNCATED);
}

static COLD uint32_t capture_too_deep(struct memo *memo, const struct step *end)
{
        const struct frame *frame = memo->leaf;
        uint32_t count = 0;

        for (const struct step *step = memo->step; step < end && count < TRUNCATED_FRAMES; step++)
                memo->key[count++] = step->rule.key;
        for (; frame >= memo->frame && count < TRUNCATED_FRAMES; frame--)
                memo->key[count++] = frame->key;
        memo_cut(memo);
        return capture_truncated(memo, count);
}

static COLD uint32_t capture_limited(struct memo *memo)
{
        return capture_truncated(memo, memo_frames(memo, memo->key, memo->depth_max));
}

/* Follows the chain outward, down to a memo frame that holds or to the end, noting the steps. Returns the end of those.
 * The memo is cut down to the frame that holds, or to none. */
static inline __attribute__((always_inline)) const struct step *walk(struct memo *memo, struct step_state *state,
                                                                     enum step_status *status)
{
        struct step *step = memo->step, *end = step + FRAMES_MAX;
        struct step_registers at = state->at;
        struct frame *frame = memo->leaf;
        bool is_signal = false;

        for (;;) {
                while (frame->sp < at.sp)
                        frame--;
                if (frame_is(frame, &at, is_signal) && frame >= memo->frame && LIKELY(!state->unsafe) &&
                    memo_holds(memo, &frame))
                        break;

                const struct rule *rule = rules_lookup(&memo->rules, at.pc);

                step->rule = *rule;
                step->sp = at.sp;
                step->fp = at.fp;
                step++;
                is_signal = false;
                if (LIKELY(!state->doubtful) && LIKELY(step_out_quick(rule, &at))) {
                        if (LIKELY(step < end))
                                continue;
                        frame = memo->frame - 1;
                        break;
                }
                state->at = at;
                *status = step_out(rule, state);
                at = state->at;
                is_signal = state->is_signal;
                if (UNLIKELY(*status != STEP_ON || step == end)) {
                        frame = memo->frame - 1;
                        break;
                }
        }
        memo->leaf = frame;
        state->at = at;
        return step;
}

/* Modules have come to be known, or gone: nothing that was cached may be used. */
COLD void memo_renew(struct memo *memo, uint64_t epoch)
{
        rules_cache_empty(&memo->rules);
        memo_drop(memo);
        memo->epoch = epoch >> 32 ? UINT64_MAX : epoch; /* while one is being unloaded: no longer than once */
        /* When captures are verified, recent stacks are looked for where that can be done. */
        memo->recent.epoch = memo->verify_interval ? UINT64_MAX : memo->epoch;
        if (memo->mode != MEMO_OWN)
                unwind_slow_forget();
}

static inline __attribute__((always_inline)) uint32_t capture_own(struct memo *memo, const uintptr_t *frame)
{
        struct step_state state = {
                .at = {.pc = frame[1] - 1, .sp = (uintptr_t)(frame + 2), .fp = frame[0]},
                .begin = (uintptr_t)(frame + 2),
                .stack = &memo->stack,
        };
        enum step_status status = STEP_ON;
        uint64_t epoch = modules_epoch();

        if (UNLIKELY(epoch != memo->epoch))
                memo_renew(memo, epoch);
        if (UNLIKELY(memo->unsafe))
                memo_cut(memo);
        if (UNLIKELY(rules_cache_is_small(&memo->rules)))
                rules_cache_grow(&memo->rules);

        const struct step *end = walk(memo, &state, &status);
        size_t count = (size_t)(end - memo->step);
        bool from_root = memo_count(memo) == 0;

        memo->unsafe = state.unsafe;
        if (UNLIKELY(count + memo_count(memo) > FRAMES_MAX || (count >= FRAMES_MAX && status == STEP_ON)))
                return capture_too_deep(memo, end);
        if (count == 0)
                return LIKELY(memo->leaf->id) ? memo->leaf->id : naming_leaf(memo);
        if (UNLIKELY(from_root)) {
                memo->root_flags = status == STEP_BROKEN ? WIRE_STACK_BROKEN : 0;
                memo->counts.broken += status == STEP_BROKEN;
        }
        /* The last step has no words when there was no rule to go on by, but has when it led to no return address. */
        bool ended = from_root && (status != STEP_END || end[-1].rule.kind == RULE_END);

        memo_rebuild(memo, end, state.at.sp, ended, status != STEP_END);
        return naming_leaf(memo);
}

/* Inlined, as capture_own: what the recent stacks do not answer comes straight here. */
static inline __attribute__((always_inline)) uint32_t capture(struct memo *memo, const uintptr_t *frame)
{
        uint32_t id;

        if (!PLATFORM_HAS_RULES || UNLIKELY(memo->mode == MEMO_LIBUNWIND && !memo->nested))
                return verify_libunwind(memo, frame);
        id = capture_own(memo, frame);
        if (UNLIKELY(memo->leaf->is_loader))
                modules_look();
        if (UNLIKELY(memo->depth_max) && memo_count(memo) > memo->depth_max)
                return capture_limited(memo);
        return id;
}

uint32_t memo_capture_anew(struct memo *memo, const uintptr_t *frame)
{
        return capture(memo, frame);
}

/* --- recent stacks ----------------------------------------------------------------------------------------------- */

bool memo_trunk_holds(const struct memo *memo, const struct recent_stack *stack)
{
        const struct frame *trunk = &memo->frame[stack->trunk];
        const struct word *changed;

        return trunk <= memo->leaf && trunk->sp == stack->trunk_sp && trunk->hash == stack->trunk_hash &&
               (!trunk->fp_live || trunk->fp == stack->trunk_fp) && words_hold(memo->word, trunk->word_end, &changed);
}

/* Stacks have taken each other's places a while: there shall be more. */
static COLD void recent_grow(struct memo *memo)
{
        recent_forget(memo);
        memo->recent.shift -= RECENT_BITS_STEP;
        memo->recent.entered = 0;
}

/* Enters the stack of the last walk, whose innermost words the entry takes. */
static void recent_enter(struct memo *memo, struct recent_stack *stack, const uintptr_t *frame, uint32_t id)
{
        const struct frame *leaf = memo->leaf, *trunk = leaf;
        uint32_t words;

        stack->return_address = 0;
        memo->recent.entered++;
        while (trunk >= memo->frame && leaf->word_end - trunk[-1].word_end <= RECENT_WORDS)
                trunk--;
        words = (uint32_t)(leaf->word_end - trunk->word_end);
        for (uint32_t i = 0; i < words; i++) {
                const struct word *word = &leaf->word_end[-1 - (int)i];
                uint64_t offset = word->address - (uintptr_t)frame;

                if (offset % sizeof(uint64_t) || offset / sizeof(uint64_t) > UINT16_MAX)
                        return; /* on another stack: not for here */
                stack->offset[i] = (uint16_t)(offset / sizeof(uint64_t));
                stack->value[i] = word->value;
        }
        for (; words % RECENT_WORDS_AT_ONCE; words++) {
                stack->offset[words] = stack->offset[words - 1];
                stack->value[words] = stack->value[words - 1];
        }
        stack->word_count = words;
        stack->trunk = (int32_t)(trunk - memo->frame);
        stack->trunk_sp = trunk->sp;
        stack->trunk_fp = trunk->fp;
        stack->trunk_hash = trunk->hash;
        stack->fp = leaf->fp;
        stack->fp_mask = leaf->fp_live ? UINT64_MAX : 0;
        stack->place = (uintptr_t)frame;
        stack->id = id;
        stack->return_address = frame[1];
}

/* Whether the last walk, whose id that is, may be among the recent stacks: not one that was cut or went astray. */
static inline bool memo_may_keep(const struct memo *memo, uint32_t id)
{
        const struct frame *leaf = memo->leaf;

        return id && memo->mode != MEMO_LIBUNWIND && !memo->unsafe && !memo->root_flags && memo_count(memo) &&
               !leaf->is_loader && leaf->id == id;
}

/* A walk, of which as much is kept as can be used again. */
static NOINLINE uint32_t capture_and_keep(struct memo *memo, const uintptr_t *frame)
{
        uint32_t id = capture(memo, frame);
        struct recent_stack *stack = recent_at(&memo->recent, frame);

        /* Its second miss in a row: a stack seen once only is not worth the copy, nor worth what it would drive out. */
        if (stack->candidate != id)
                stack->candidate = id;
        else if (LIKELY(memo_may_keep(memo, id)))
                recent_enter(memo, stack, frame, id);
        if (UNLIKELY(memo->recent.entered >> (64 - memo->recent.shift)) && memo->recent.shift != 64 - RECENT_BITS_MAX)
                recent_grow(memo);
        return id;
}

/* As memo_capture would do it, and then as libunwind does. Stacks that were cut, and those of a full table, have ids
 * that stand for others, too. */
static COLD uint32_t capture_verified(struct memo *memo, const uintptr_t *frame)
{
        uint64_t truncated = memo->counts.truncated;
        uint32_t id = memo->epoch == modules_epoch() ? recent_find(memo, frame) : 0;

        if (!id)
                id = capture_and_keep(memo, frame);
        if (memo->captures++ % memo->verify_interval == 0 && memo->counts.truncated == truncated)
                verify_capture(memo, frame, id);
        return id;
}

uint32_t memo_capture_missed(struct memo *memo, const uintptr_t *frame)
{
        return LIKELY(!memo->verify_interval) ? capture_and_keep(memo, frame) : capture_verified(memo, frame);
}

uint32_t memo_capture(struct memo *memo, const uintptr_t *frame)
{
        uint32_t id = memo_recent(memo, frame);

        return LIKELY(id) ? id : memo_capture_missed(memo, frame);
}
