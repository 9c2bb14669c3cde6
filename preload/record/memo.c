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
        memo->guarded_frame[0].sp = UINT64_MAX;
        return memo;
}

uint64_t memo_bytes(const struct memo *memo)
{
        return (sizeof(struct rule) << (64 - memo->rules.shift)) +
               memo->depth_seen * (sizeof(struct frame) + 2 * sizeof(struct word) + sizeof(struct step)) +
               3 * STEP_PAGE;
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
        return memo->count ? memo->frame[0].sp : 0;
}

static void recent_forget(struct memo *memo)
{
        for (unsigned i = 0; i < 1u << (64 - memo->recent.shift); i++)
                if (memo->recent.stack[i].return_address) /* or memory would be touched for nothing */
                        memo->recent.stack[i].return_address = 0;
}

static void memo_drop(struct memo *memo)
{
        memo->count = 0;
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

        for (uint32_t i = memo->count; i-- > 0 && count < key_max;)
                ret_key[count++] = memo->frame[i].key;
        return count;
}

/* --- the memo ---------------------------------------------------------------------------------------------------- */

/* How many of the words before `count` hold what they held, from the innermost outward: 0 left means all. One at a
 * time: to compare several in one go costs more in looking whether all of them may be read than it saves. */
static inline uint32_t words_check(const struct word *word, uint32_t count)
{
        while (count > 0 && step_load(word[count - 1].address) == word[count - 1].value)
                count--;
        return count;
}

static inline bool frame_is(const struct frame *frame, const struct step_state *state)
{
        return frame->sp == state->sp && rules_key_is(frame->key, state->pc) && frame->is_signal == state->is_signal &&
               (!frame->fp_live || frame->fp == state->fp);
}

/* Whether memo frame `index` and all outside it hold still. If not, *index becomes the frame to go on looking from. */
static inline bool memo_holds(const struct memo *memo, int *index)
{
        uint32_t left = words_check(memo->word, memo->frame[*index].word_count);
        int outer = *index;

        if (LIKELY(left == 0))
                return true;
        /* Word left - 1 has changed: the frames whose steps need it are lost, those further out are not. */
        while (outer >= 0 && memo->frame[outer].word_count >= left)
                outer--;
        *index = outer;
        return false;
}

static inline uint32_t word_put(struct memo *memo, uint32_t count, uint64_t address)
{
        memo->word[count] = (struct word){address, step_load(address)};
        return count + 1;
}

/* Adds the words that the step out of frame `step`, with its caller's frame at `cfa`, needs to the list, and says
 * whether the frame pointer matters at its own state, given whether it matters at its caller's. */
static inline uint32_t words_put(struct memo *memo, uint32_t count, const struct step *step, uint64_t cfa,
                                 bool *fp_live)
{
        bool restores = step->flags & RULE_RESTORES_FP;

        switch (step->kind) {
        case RULE_SP:
                if (*fp_live && restores) {
                        count = word_put(memo, count, cfa + (uint64_t)(int64_t)step->fp_offset);
                        *fp_live = false;
                }
                return word_put(memo, count, cfa - 8);
        case RULE_FP:
        case RULE_GUESS:
                if (*fp_live && restores)
                        count = word_put(memo, count, cfa + (uint64_t)(int64_t)step->fp_offset);
                *fp_live = true;
                return word_put(memo, count, cfa - 8);
        case RULE_FP_DEREF:
                if (*fp_live)
                        count = word_put(memo, count, step->fp + (uint64_t)(int64_t)step->fp_offset);
                *fp_live = true;
                count = word_put(memo, count, cfa - 8);
                return word_put(memo, count, step->fp + (uint64_t)(int64_t)step->cfa_offset);
        default: /* RULE_SIGNAL */
                *fp_live = false;
                count = word_put(memo, count, step->sp + PLATFORM_UCONTEXT_PC);
                count = word_put(memo, count, step->sp + PLATFORM_UCONTEXT_SP);
                return word_put(memo, count, step->sp + PLATFORM_UCONTEXT_FP);
        }
}

/* Puts the steps of a fresh walk, outermost first, on top of the memo's frames that still hold. `cfa` is the sp of the
 * state that the last step led to. The step without a way out, if any, is the outermost: it has no words. */
static inline void memo_rebuild(struct memo *memo, uint32_t kept, uint32_t step_count, uint64_t cfa, bool ended,
                                bool end_used_fp)
{
        uint32_t count = kept, words = kept ? memo->frame[kept - 1].word_count : 0;
        uint64_t hash = kept ? memo->frame[kept - 1].hash : 0;
        bool fp_live = kept ? memo->frame[kept - 1].fp_live : false;

        if (UNLIKELY(++memo->number == 0)) /* the numbers begin again */
                recent_forget(memo);
        for (uint32_t i = step_count; i-- > 0;) {
                const struct step *step = &memo->step[i];
                struct frame *frame = &memo->frame[count++];

                if (ended && i == step_count - 1)
                        fp_live = end_used_fp;
                else
                        words = words_put(memo, words, step, cfa, &fp_live);
                cfa = step->sp;
                hash = stacks_chain(hash, step->key);
                frame->sp = step->sp;
                frame->key = step->key;
                frame->hash = hash;
                frame->id = 0;
                frame->word_count = words;
                frame->fp = step->fp;
                frame->fp_live = fp_live;
                frame->is_signal = step->is_signal;
                frame->is_loader = step->flags & RULE_LOADER;
                frame->number = memo->number;
        }
        memo->count = count;
        if (UNLIKELY(count > memo->depth_seen))
                memo->depth_seen = count;
}

/* --- capture ----------------------------------------------------------------------------------------------------- */

/* Deeper than wanted: the innermost frames only, which are the first steps of the walk or the last of the memo. */
static COLD uint32_t capture_truncated(struct memo *memo, size_t count)
{
        memo->counts.truncated++;
        return naming_keys(memo, memo->key, count, WIRE_STACK_TRUNCATED);
}

static COLD uint32_t capture_too_deep(struct memo *memo, uint32_t step_count, uint32_t kept)
{
        uint32_t count = 0;

        for (; count < step_count && count < TRUNCATED_FRAMES; count++)
                memo->key[count] = memo->step[count].key;
        while (kept > 0 && count < TRUNCATED_FRAMES)
                memo->key[count++] = memo->frame[--kept].key;
        memo->count = 0;
        return capture_truncated(memo, count);
}

static COLD uint32_t capture_limited(struct memo *memo)
{
        return capture_truncated(memo, memo_frames(memo, memo->key, memo->depth_max));
}

/* Follows the chain outward, down to a memo frame that holds or to the end, noting the steps. Returns their number;
 * more than FRAMES_MAX: too deep. *index: the memo frame that holds, -1 for none. */
static inline uint32_t walk(struct memo *memo, struct step_state *state, int *index, enum step_status *status)
{
        const struct frame *frame = memo->frame;
        uint32_t count = 0;
        int at = (int)memo->count - 1;

        for (;;) {
                while (frame[at].sp < state->sp)
                        at--;
                if (at >= 0 && frame_is(&frame[at], state) && LIKELY(!state->unsafe) && memo_holds(memo, &at))
                        break;

                const struct rule *rule = rules_lookup(&memo->rules, state->pc);
                struct step *step = &memo->step[count++];

                step->key = rule->key;
                step->sp = state->sp;
                step->fp = state->fp;
                step->cfa_offset = rule->cfa_offset;
                step->fp_offset = rule->fp_offset;
                step->kind = rule->kind;
                step->flags = rule->flags;
                step->is_signal = state->is_signal;
                if (UNLIKELY(count >= FRAMES_MAX))
                        break;
                *status = step_out(rule, state);
                if (UNLIKELY(*status != STEP_ON)) {
                        at = -1;
                        break;
                }
        }
        *index = at;
        return count;
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

static uint32_t capture_own(struct memo *memo, const uintptr_t *frame)
{
        struct step_state state = {
                .pc = frame[1] - 1,
                .sp = (uintptr_t)(frame + 2),
                .fp = frame[0],
                .begin = (uintptr_t)(frame + 2),
                .stack = &memo->stack,
        };
        enum step_status status = STEP_ON;
        uint64_t epoch = modules_epoch();
        int kept;

        if (UNLIKELY(epoch != memo->epoch))
                memo_renew(memo, epoch);
        if (UNLIKELY(memo->unsafe))
                memo->count = 0;
        if (UNLIKELY(rules_cache_is_small(&memo->rules)))
                rules_cache_grow(&memo->rules);

        uint32_t count = walk(memo, &state, &kept, &status);

        memo->unsafe = state.unsafe;
        if (LIKELY(count == 0)) {
                memo->count = (uint32_t)kept + 1;
                if (LIKELY(memo->frame[kept].id))
                        return memo->frame[kept].id;
                return naming_leaf(memo);
        }
        if (UNLIKELY((uint32_t)(kept + 1) + count > FRAMES_MAX || (count >= FRAMES_MAX && status == STEP_ON)))
                return capture_too_deep(memo, count, (uint32_t)(kept + 1));
        if (kept < 0) {
                memo->root_flags = status == STEP_BROKEN ? WIRE_STACK_BROKEN : 0;
                memo->counts.broken += status == STEP_BROKEN;
        }
        /* The last step has no words when there was no rule to go on by, but has when it led to no return address. */
        bool ended = kept < 0 && (status != STEP_END || memo->step[count - 1].kind == RULE_END);

        memo_rebuild(memo, (uint32_t)(kept + 1), count, state.sp, ended, status != STEP_END);
        return naming_leaf(memo);
}

uint32_t memo_capture_anew(struct memo *memo, const uintptr_t *frame)
{
        uint32_t id;

        if (!PLATFORM_HAS_RULES || UNLIKELY(memo->mode == MEMO_LIBUNWIND && !memo->nested))
                return verify_libunwind(memo, frame);
        id = capture_own(memo, frame);
        if (UNLIKELY(memo->count && memo->frame[memo->count - 1].is_loader))
                modules_look();
        if (UNLIKELY(memo->depth_max) && memo->count > memo->depth_max)
                return capture_limited(memo);
        return id;
}

/* --- recent stacks ----------------------------------------------------------------------------------------------- */

bool memo_trunk_holds(const struct memo *memo, const struct recent_stack *stack)
{
        uint32_t index = (uint32_t)stack->trunk;

        return index < memo->count && memo->frame[index].number == stack->trunk_number &&
               words_check(memo->word, memo->frame[index].word_count) == 0;
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
        const struct frame *leaf = &memo->frame[memo->count - 1];
        int trunk = (int)memo->count - 1;
        uint32_t words;

        stack->return_address = 0;
        memo->recent.entered++;
        while (trunk >= 0 && leaf->word_count - (trunk ? memo->frame[trunk - 1].word_count : 0) <= RECENT_WORDS)
                trunk--;
        words = leaf->word_count - (trunk >= 0 ? memo->frame[trunk].word_count : 0);
        for (uint32_t i = 0; i < words; i++) {
                const struct word *word = &memo->word[leaf->word_count - 1 - i];
                uint64_t offset = word->address - (uintptr_t)frame;

                if (offset % sizeof(uint64_t) || offset / sizeof(uint64_t) > UINT16_MAX)
                        return; /* on another stack: not for here */
                stack->offset[i] = (uint16_t)(offset / sizeof(uint64_t));
                stack->value[i] = word->value;
        }
        stack->word_count = words;
        stack->trunk = trunk;
        stack->trunk_number = trunk >= 0 ? memo->frame[trunk].number : 0;
        stack->fp = leaf->fp;
        stack->fp_mask = leaf->fp_live ? UINT64_MAX : 0;
        stack->place = (uintptr_t)frame;
        stack->id = id;
        stack->return_address = frame[1];
}

/* Whether the last walk, whose id that is, may be among the recent stacks: not one that was cut or went astray. */
static inline bool memo_may_keep(const struct memo *memo, uint32_t id)
{
        const struct frame *leaf = &memo->frame[(int)memo->count - 1];

        return id && memo->mode != MEMO_LIBUNWIND && !memo->unsafe && !memo->root_flags && memo->count &&
               !leaf->is_loader && leaf->id == id;
}

/* A walk, of which as much is kept as can be used again. */
static inline uint32_t capture_and_keep(struct memo *memo, const uintptr_t *frame)
{
        uint32_t id = memo_capture_anew(memo, frame);
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
