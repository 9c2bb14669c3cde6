/* Ids for stacks, and the definition of new ones. */
#include "preload/record/naming.h"

#include <string.h>

#include "preload/record/memo_inside.h"
#include "preload/record/stacks.h"

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
static COLD void define_leaf(struct memo *memo)
{
        struct frame *frame = memo->frame;
        int leaf = (int)(memo->leaf - frame), at = leaf - 1, checkpoints = 0;
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
static COLD uint32_t caller_id(struct memo *memo)
{
        memo->counts.truncated++;
        for (struct frame *frame = memo->leaf; frame >= memo->frame; frame--) {
                if (!frame->id)
                        frame->id = stacks_find(frame->hash);
                if (frame->id)
                        return frame->id;
        }
        return 0;
}

/* Stacks have taken each other's places a while: there shall be more. */
static COLD void named_grow(struct memo *memo)
{
        memset(memo->named, 0, sizeof memo->named[0] << (64 - memo->named_shift));
        memo->named_shift -= NAMED_BITS_STEP;
        memo->named_replaced = 0;
}

uint32_t naming_leaf_slow(struct memo *memo, struct named *named)
{
        struct frame *leaf = memo->leaf;
        bool is_new;

        if (UNLIKELY(memo_count(memo) > memo->depth_seen))
                memo->depth_seen = memo_count(memo);
        leaf->id = stacks_intern(leaf->hash, &is_new);
        if (UNLIKELY(is_new))
                define_leaf(memo);
        if (UNLIKELY(!leaf->id))
                return caller_id(memo);
        memo->named_replaced += named->hash != 0;
        *named = (struct named){leaf->hash, leaf->id};
        if (UNLIKELY(memo->named_replaced >> (64 - memo->named_shift)) && memo->named_shift != 64 - NAMED_BITS_MAX)
                named_grow(memo);
        return leaf->id;
}

COLD uint32_t naming_keys(struct memo *memo, const uint64_t *key, size_t count, uint32_t flags)
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
