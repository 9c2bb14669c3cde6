/* The walk, the memo and the definition of new stacks. See the header for why the memo is exact. */
#include "preload/record/memo.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/platform.h"
#include "preload/record/mappings.h"
#include "preload/record/modules.h"
#include "preload/record/rules.h"
#include "preload/record/stacks.h"
#include "preload/record/step.h"
#include "preload/record/unwind_slow.h"

enum {
        FRAMES_MAX = 16384,
        TRUNCATED_FRAMES = 256, /* kept of a deeper stack */
        CHECKPOINT = 16,        /* frames at such depths get ids, so that definitions stay short */
        VERIFY_INTERVAL = 64,
        ADDRESSES_MAX = FRAMES_MAX + 64, /* asked of libunwind, its own frames and ours included */
};

/* A frame of the last stack. The state in which the walk stood there: key, sp, fp (if live), is_signal. */
struct frame {
        uint64_t sp, key, hash;
        uint32_t id;         /* 0: none yet */
        uint32_t word_count; /* words from the outermost frame to here, inclusive */
        uint64_t fp;
        bool fp_live;   /* the frame pointer matters to the walk from here outward */
        bool is_signal; /* the pc is exact, not a return address */
        bool is_loader;
        uint32_t number; /* of the rebuilding that made the frame: while it is there, so is all that lies outside it */
};

struct word {
        uint64_t address, value;
};

/* A frame of the walk under way. */
struct step {
        uint64_t key, sp, fp;
        int32_t cfa_offset;
        int16_t fp_offset;
        uint8_t kind;
        uint8_t flags;
        bool is_signal;
};

struct memo {
        struct recent recent; /* the first: see memo_recent */
        enum memo_mode mode;
        unsigned verify_interval; /* one capture in so many is compared with libunwind's; 0: none */
        uint64_t epoch;           /* of the modules; what is cached is of that one */
        struct step_stack stack;
        bool nested, in_libunwind;
        unsigned depth_max;
        memo_define *define;
        void *context;
        uint32_t count;  /* frames of the stack walked last */
        uint32_t number; /* of the latest rebuilding */
        uint32_t depth_seen;
        uint32_t root_flags;
        uint32_t captures;
        bool unsafe; /* the last walk read what may be gone the next time */
        struct memo_counts counts;
        struct mapping mapping;
        int checkpoint[FRAMES_MAX / CHECKPOINT + 1];
        struct rules_cache rules;
        struct frame *frame; /* guarded_frame + 1: frame[-1] ends every search outward */
        struct frame guarded_frame[FRAMES_MAX + 2];
        struct word word[3 * FRAMES_MAX + 8];
        struct step step[FRAMES_MAX + 1];
        uint64_t key[FRAMES_MAX];
        struct wire_pc definition[WIRE_STACK_FRAMES_MAX]; /* not on the stack, which may be a small one */
        void *address[ADDRESSES_MAX];
        uint8_t judge_stack[UNWIND_SLOW_STACK_BYTES];
};

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

/* --- ids and definitions ----------------------------------------------------------------------------------------- */

static void define(struct memo *memo, uint32_t id, uint32_t ancestor, const uint64_t *key, ptrdiff_t stride,
                   size_t count, uint32_t flags)
{
        struct wire_pc *frame = memo->definition;

        if (count > WIRE_STACK_FRAMES_MAX) {
                count = WIRE_STACK_FRAMES_MAX;
                flags |= WIRE_STACK_TRUNCATED;
        }
        for (size_t i = 0; i < count; i++) {
                uint64_t word = *(const uint64_t *)(const void *)((const char *)key + (ptrdiff_t)i * stride);

                frame[i].pc = word & ((UINT64_C(1) << RULES_GENERATION_SHIFT) - 1);
                frame[i].generation = (uint32_t)(word >> RULES_GENERATION_SHIFT);
        }
        memo->define(memo->context, id, ancestor, flags, frame, count);
}

/* Defines frame `last` and what lies between it and its ancestor, frame `first` - 1. */
static void define_frames(struct memo *memo, int first, int last, uint32_t ancestor)
{
        define(memo, memo->frame[last].id, ancestor, &memo->frame[last].key, -(ptrdiff_t)sizeof(struct frame),
               (size_t)(last - first + 1), ancestor ? 0 : memo->root_flags);
}

/* The stack of the innermost frame is new: define it, and the checkpoints outside it that are new too. */
static COLD void memo_define_leaf(struct memo *memo)
{
        struct frame *frame = memo->frame;
        int leaf = (int)memo->count - 1, at = leaf - 1, checkpoints = 0;
        uint32_t ancestor;

        for (; at >= 0 && !frame[at].id; at--) {
                bool is_new;

                if (at % CHECKPOINT != 0)
                        continue;
                frame[at].id = stacks_intern(frame[at].hash, &is_new);
                if (frame[at].id && !is_new)
                        break;
                if (frame[at].id)
                        memo->checkpoint[checkpoints++] = at;
        }
        ancestor = at >= 0 ? frame[at].id : 0;
        while (checkpoints > 0) {
                int checkpoint = memo->checkpoint[--checkpoints];

                define_frames(memo, at + 1, checkpoint, ancestor);
                at = checkpoint;
                ancestor = frame[checkpoint].id;
        }
        define_frames(memo, at + 1, leaf, ancestor);
}

/* The tables are full: the nearest caller that has an id stands for the stack, which counts as cut. */
static COLD uint32_t memo_caller_id(struct memo *memo)
{
        memo->counts.truncated++;
        for (uint32_t i = memo->count; i-- > 0;) {
                struct frame *frame = &memo->frame[i];

                if (!frame->id)
                        frame->id = stacks_find(frame->hash);
                if (frame->id)
                        return frame->id;
        }
        return 0;
}

static inline uint32_t memo_leaf_id(struct memo *memo)
{
        struct frame *leaf = &memo->frame[memo->count - 1];
        bool is_new;

        leaf->id = stacks_intern(leaf->hash, &is_new);
        if (UNLIKELY(is_new))
                memo_define_leaf(memo);
        return LIKELY(leaf->id) ? leaf->id : memo_caller_id(memo);
}

/* The id of a stack given as keys, innermost first, without the memo. */
static COLD uint32_t keys_intern(struct memo *memo, const uint64_t *key, size_t count, uint32_t flags)
{
        uint64_t hash = flags; /* a cut stack is another than a whole one of the same frames */
        uint32_t id = 0, ancestor = 0;
        size_t first = count;

        for (size_t i = count; i-- > 0;) {
                bool is_new;

                hash = stacks_chain(hash, key[i]);
                if (i > 0 && first - i < WIRE_STACK_FRAMES_MAX / 2)
                        continue;
                id = stacks_intern(hash, &is_new);
                if (!id)
                        return ancestor;
                if (is_new)
                        define(memo, id, ancestor, &key[i], sizeof key[0], first - i, ancestor ? 0 : flags);
                ancestor = id;
                first = i;
        }
        return id;
}

/* --- capture ----------------------------------------------------------------------------------------------------- */

/* Deeper than wanted: the innermost frames only, which are the first steps of the walk or the last of the memo. */
static COLD uint32_t capture_truncated(struct memo *memo, size_t count)
{
        memo->counts.truncated++;
        return keys_intern(memo, memo->key, count, WIRE_STACK_TRUNCATED);
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
static COLD void memo_renew(struct memo *memo, uint64_t epoch)
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
                return memo_leaf_id(memo);
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
        return memo_leaf_id(memo);
}

/* --- libunwind -----------------------------------------------------------------------------------------------------
 */

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

static COLD uint32_t capture_libunwind(struct memo *memo, const uintptr_t *frame)
{
        uint64_t epoch = modules_epoch();

        if (epoch != memo->epoch)
                memo_renew(memo, epoch);
        return keys_intern(memo, memo->key, libunwind_keys(memo, frame, false, memo->key), 0);
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
static COLD void capture_differs(struct memo *memo)
{
        memo->counts.differ++;
        __asm__ volatile("" ::"r"(memo) : "memory");
}

/* Whether libunwind's two ways of walking say what we say, one at least: unw_backtrace, which keeps a cache of its own
 * and gives up where a guess has failed once; then unw_step, which takes a frame pointer for a stack pointer where
 * there is no unwind information. */
static COLD void capture_verify(struct memo *memo, const uintptr_t *frame, uint32_t id)
{
        memo->counts.checked++;
        /* unw_backtrace is not to be called from a handler that has interrupted it, nor where there is little stack. */
        if (!memo->nested && step_on_own_stack(&memo->stack, (uintptr_t)frame) &&
            id_is_of(id, memo->key, libunwind_keys(memo, frame, false, memo->key)))
                return;
        if (!id_is_of(id, memo->key, libunwind_keys(memo, frame, true, memo->key)))
                capture_differs(memo);
}

uint32_t memo_capture_anew(struct memo *memo, const uintptr_t *frame)
{
        uint32_t id;

        if (!PLATFORM_HAS_RULES || UNLIKELY(memo->mode == MEMO_LIBUNWIND && !memo->nested))
                return capture_libunwind(memo, frame);
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
                capture_verify(memo, frame, id);
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
