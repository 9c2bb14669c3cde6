/* What a process says at its end: the census of its heap, its pools, its counts. */
#include <string.h>

#include "preload/record/census.h"
#include "preload/record/frames.h"
#include "preload/record/rules.h"
#include "preload/record/stacks.h"

struct recorder_walk {
        struct census census;
        struct wire_walked walked;
        bool incomplete;
};

void recorder_walk_block(struct recorder_walk *walk, size_t usable, uint64_t record, const void *slab, size_t pinned)
{
        size_t bytes = recorder_size(record, usable);
        struct census_block block = {(uint32_t)record, bytes, usable, slab, pinned};

        if (frames.options.sample_rate) { /* what is empty around it is our own doing */
                block.slab = NULL;
                block.pinned = 0;
        }
        if (!(record & RECORDER_LIVE) || record_is_silent(record))
                return;
        if (record_is_inherited(record)) {
                walk->walked.inherited_blocks++;
                walk->walked.inherited_bytes += bytes;
                return;
        }
        walk->walked.blocks++;
        walk->walked.bytes += bytes;
        if (!census_add(&walk->census, &block))
                walk->incomplete = true;
}

void recorder_walk_empty(struct recorder_walk *walk, const struct wire_empty *empty)
{
        walk->walked.empty = *empty;
        if (frames.options.sample_rate)
                walk->walked.empty = (struct wire_empty){
                        .unpinned_bytes =
                                empty->pinned_bytes + empty->filling_bytes + empty->dense_bytes + empty->unpinned_bytes,
                };
}

static void close_walk(struct recorder *recorder, const struct recorder_close *close,
                       void (*walk_heap)(struct recorder_walk *walk))
{
        struct recorder_walk walk = {.census.by_usable = frames.options.sample_rate != 0,
                                     .walked = {.untraced_blocks = close->untraced_blocks, .threads = close->threads}};

        walk_heap(&walk);
        for (size_t i = 0; i < walk.census.row_max; i++) {
                const struct census_row *row = &walk.census.row[i];

                if (!row->used)
                        continue;
                frames_room(recorder, 96);
                if (!frames_begun(recorder))
                        break;
                encode_live(&recorder->encode,
                            &(struct wire_live){row->stack, row->blocks, row->bytes, row->usable, row->pinned,
                                                row->pinning_blocks, row->pinned_slabs});
        }
        census_close(&walk.census);
        frames_room(recorder, 192);
        if (frames_begun(recorder) && !walk.incomplete)
                encode_walked(&recorder->encode, &walk.walked);
}

static uint64_t touched(uint64_t bytes, uint64_t pages)
{
        return bytes < pages * 4096 ? bytes : pages * 4096;
}

static void close_usage(struct recorder *recorder, const struct recorder_close *close)
{
        struct wire_usage usage = close->usage;

        /* What was touched of the tables, at one page for each entry at most. */
        usage.recorder_bytes += touched(RULES_SHARED_BYTES, rules_count()) + touched(stacks_bytes(), stacks_count());
        usage.stacks = stacks_count();
        usage.stacks_truncated = close->counts.truncated;
        usage.stacks_broken = close->counts.broken;
        usage.stacks_checked = close->counts.checked;
        usage.stacks_differ = close->counts.differ;
        frames_room(recorder, 256);
        if (frames_begun(recorder))
                encode_usage(&recorder->encode, &usage);
}

static void close_exit(struct recorder *recorder, const struct recorder_close *close)
{
        frames_room(recorder, 256);
        if (!frames_begun(recorder))
                return;
        encode_exit(&recorder->encode, &(struct wire_exit_event){
                                               .how = close->how,
                                               .time_ns = frames_now(),
                                               .allocations = close->allocations,
                                               .frees = close->frees,
                                               .resizes = close->resizes,
                                               .requested_bytes = close->requested_bytes,
                                       });
}

void recorder_close(struct recorder *recorder, const struct recorder_close *close,
                    void (*walk_heap)(struct recorder_walk *walk))
{
        if (!recorder_is_on())
                return;
        recorder->way = CHANNEL_PIPE_OR_HAND;
        frames_tell(recorder);
        if (frames.options.traced && !frames.options.own_malloc)
                close_walk(recorder, close, walk_heap);
        for (size_t i = 0; i < close->pool_count; i++) {
                frames_room(recorder, 512);
                if (frames_begun(recorder))
                        encode_pool(&recorder->encode, &close->pool[i]);
        }
        close_usage(recorder, close);
        if (close->resident) {
                frames_room(recorder, 256);
                if (frames_begun(recorder))
                        encode_resident(&recorder->encode, close->resident);
        }
        close_exit(recorder, close);
        frames_send(recorder);
        recorder->way = CHANNEL_PIPE; /* destructors may come yet */
}
