/* Side records and events of one thread, and what begins and forks. */
#define _GNU_SOURCE
#include "preload/record/recorder.h"

#include <errno.h>
#include <string.h>

#include "preload/record/frames.h"
#include "preload/record/modules.h"
#include "preload/record/quick.h"
#include "preload/record/probe.h"
#include "preload/record/rules.h"
#include "preload/record/stacks.h"
#include "preload/record/unwind_slow.h"
#include "wire/session.h"
#include "wire/weight.h"

enum {
        STACK_BYTES_FIXED = 40, /* of a STACK event, and for each of its frames */
        STACK_BYTES_FRAME = 11,
        MODULE_BYTES_MAX = 1280,
        ERROR_BYTES_MAX = 96,
        SUPPRESSIONS_BYTES_MAX = WIRE_STRING_BYTES_MAX + 64,
};

bool recorders_open(const struct recorder_options *options)
{
        frames.options = *options;
        for (int i = 0; i < options->argument_count; i++) {
                size_t bytes = strlen(options->argument[i]) + 1;

                if (frames.command_bytes + bytes > FRAMES_COMMAND_BYTES)
                        break;
                memcpy(frames.command + frames.command_bytes, options->argument[i], bytes);
                frames.command_bytes += bytes;
        }
        frames.process = channel_process_new();
        if (channel_session())
                frames.clock = &channel_session()->clock;
        frames.base_ns = frames.start_ns = frames_now();
        if (!options->traced)
                return true;
        if (options->mode != MEMO_OWN && !unwind_slow_open())
                return false;
        return modules_open(options->exe) && rules_open() && stacks_open();
}

bool recorder_is_on(void)
{
        return channel_is_open();
}

static void define_stack(void *context, uint32_t id, uint32_t ancestor, uint32_t flags, const struct wire_pc *frame,
                         size_t frame_count)
{
        struct recorder *recorder = context;

        do
                frames_room(recorder, MODULE_BYTES_MAX);
        while (frames_begun(recorder) && modules_announce(&recorder->encode));
        frames_room(recorder, STACK_BYTES_FIXED + STACK_BYTES_FRAME * (uint32_t)frame_count);
        if (frames_begun(recorder))
                encode_stack(&recorder->encode, id, ancestor, flags, frame, frame_count);
}

bool recorder_begin(struct recorder *recorder)
{
        if (frames.options.traced) {
                if (!recorder->memo)
                        recorder->memo =
                                memo_create(frames.options.mode, frames.options.stack_depth, define_stack, recorder);
                if (!recorder->memo)
                        return false;
                memo_forget(recorder->memo);
        }
        recorder->thread = atomic_fetch_add(&frames.threads, 1) + 1;
        recorder->sequence = 0;
        recorder->way = CHANNEL_PIPE;
        recorder->thread_announced = false;
        recorder->last = NULL;
        return true;
}

void recorder_introduce(struct recorder *recorder)
{
        frames_room(recorder, ENCODE_HOT_BYTES_MAX);
}

void recorder_hello(struct recorder *recorder)
{
        recorder_introduce(recorder);
        frames_send(recorder);
}

void recorder_tell(struct recorder *recorder)
{
        frames_tell(recorder);
        frames_send(recorder);
}

void recorder_end(struct recorder *recorder)
{
        if (recorder->thread_announced && recorder_is_on()) {
                recorder->way = CHANNEL_PIPE_OR_HAND;
                frames_room(recorder, ENCODE_HOT_BYTES_MAX);
                if (frames_begun(recorder))
                        encode_thread_end(&recorder->encode);
                frames_send(recorder);
                if (UNLIKELY(recorder->lost_frames))
                        frames_bequeath(recorder);
        }
        channel_release(&recorder->slot);
        recorder->encode.bytes = 0;
}

static inline uint64_t put_alloc(struct recorder *recorder, const uintptr_t *frame, enum wire_alloc_kind kind,
                                 size_t size, size_t usable)
{
        uint32_t stack;

        if (UNLIKELY(!recorder_is_on()))
                return record_make(kind, usable - size, recorder->birth, 0);
        frames_clock(recorder);
        stack = memo_capture(recorder->memo, frame);
        frames_room(recorder, ENCODE_HOT_BYTES_MAX);
        if (LIKELY(frames_begun(recorder)))
                encode_alloc(&recorder->encode, kind, stack, frames_size(size, usable));
        recorder->requested_bytes += size;
        return record_make(kind, usable - size, recorder->birth, stack);
}

static COLD void tell_alloc(const void *block, size_t size, size_t usable)
{
        wire_wide weight = (wire_wide)wire_weight(frames.options.sample_rate, usable) * size;

        probe_alloc(block, size, (uint64_t)(weight / WIRE_WEIGHT_ONE));
}

static COLD void tell_free(const void *block)
{
        probe_free(block);
}

uint64_t recorder_alloc(struct recorder *recorder, const uintptr_t *frame, enum wire_alloc_kind kind, size_t size,
                        size_t usable, const void *block)
{
        uint64_t record;

        if (UNLIKELY(recorder->silent))
                return record_make(WIRE_ALLOC_KINDS, usable - size, 0, 0);
        record = put_alloc(recorder, frame, kind, size, usable);
        if (UNLIKELY(frames.options.sample_rate))
                tell_alloc(block, size, usable);
        recorder->allocations++;
        recorder->last = block;
        return record;
}

static inline void put_free(struct recorder *recorder, enum wire_age age, uint64_t record, size_t usable)
{
        frames_room(recorder, ENCODE_HOT_BYTES_MAX);
        if (LIKELY(frames_begun(recorder)))
                encode_free(&recorder->encode, age, (uint32_t)record,
                            frames_size(recorder_size(record, usable), usable));
}

void recorder_free(struct recorder *recorder, uint64_t record, size_t usable, const void *block)
{
        enum wire_age age;

        if (UNLIKELY(frames.options.sample_rate && !record_is_silent(record)))
                tell_free(block);
        if (UNLIKELY(!recorder_is_on() || record_is_silent(record)))
                return;
        frames_clock(recorder);
        if (UNLIKELY(record_is_inherited(record))) {
                put_free(recorder, WIRE_AGE_INHERITED, record, usable);
                recorder->frees_inherited++;
                return;
        }
        if (block == recorder->last)
                age = WIRE_AGE_TEMPORARY;
        else
                age = frames_age(recorder, (uint16_t)(record >> RECORDER_BIRTH_SHIFT));
        put_free(recorder, age, record, usable);
        recorder->frees++;
        recorder->last = NULL;
}

uint64_t recorder_resize(struct recorder *recorder, const uintptr_t *frame, uint64_t record, size_t usable_old,
                         size_t size, size_t usable, const void *block)
{
        uint32_t stack = 0;

        /* What was born in the parent process becomes a block of this one, and nothing of its own is resized. */
        if (UNLIKELY(recorder->silent || record_is_silent(record) || record_is_inherited(record))) {
                recorder_free(recorder, record, usable_old, block);
                return recorder_alloc(recorder, frame, WIRE_REALLOC, size, usable, block);
        }
        if (LIKELY(recorder_is_on())) {
                frames_clock(recorder);
                stack = memo_capture(recorder->memo, frame);
                frames_room(recorder, 2 * ENCODE_HOT_BYTES_MAX); /* both halves arrive or are lost together */
                if (LIKELY(frames_begun(recorder))) {
                        encode_free(&recorder->encode, WIRE_AGE_RESIZED, (uint32_t)record,
                                    frames_size(recorder_size(record, usable_old), usable_old));
                        encode_alloc(&recorder->encode, WIRE_RESIZED, stack, frames_size(size, usable));
                }
                recorder->requested_bytes += size;
        }
        recorder->resizes++;
        recorder->last = block;
        if (UNLIKELY(frames.options.sample_rate)) {
                tell_free(block);
                tell_alloc(block, size, usable);
        }
        return record_make(WIRE_RESIZED, usable - size, recorder->birth, stack);
}

COLD void recorder_resize_lost(struct recorder *recorder, uint64_t record, size_t usable_old, const void *block)
{
        if (record_is_silent(record) || record_is_inherited(record)) {
                recorder_free(recorder, record, usable_old, block);
                return;
        }
        tell_free(block);
        if (recorder_is_on())
                put_free(recorder, WIRE_AGE_RESIZED, record, usable_old);
}

COLD uint64_t recorder_resize_won(struct recorder *recorder, const uintptr_t *frame, size_t size, size_t usable,
                                  const void *block)
{
        if (UNLIKELY(recorder->silent))
                return recorder_alloc(recorder, frame, WIRE_REALLOC, size, usable, block);
        recorder->resizes++;
        recorder->last = block;
        tell_alloc(block, size, usable);
        return put_alloc(recorder, frame, WIRE_RESIZED, size, usable);
}

uint32_t recorder_capture_missed(struct recorder *recorder, const uintptr_t *frame)
{
        int errno_before = errno;
        uint32_t stack = memo_capture_missed(recorder->memo, frame);

        frames_room(recorder, 2 * ENCODE_HOT_BYTES_MAX); /* its definition may have taken it */
        errno = errno_before;                            /* a pipe that is full, an address that cannot be read */
        return stack;
}

/* From the frame of the call outward to where the walk ended. */
static bool is_on_stack(const struct recorder *recorder, const uintptr_t *frame, uint64_t address)
{
        return address >= (uintptr_t)frame && address < memo_stack_end(recorder->memo);
}

uint32_t recorder_stack(struct recorder *recorder, const uintptr_t *frame)
{
        return recorder_is_on() && !recorder->silent ? memo_capture(recorder->memo, frame) : 0;
}

/* If the address lies in a module, the stream shall know it. */
static void announce_module(struct recorder *recorder, uint64_t address)
{
        struct module_place place;

        modules_find(address, &place);
        recorder_unload_begin(recorder);
}

COLD void recorder_error(struct recorder *recorder, const uintptr_t *frame, struct wire_error *error)
{
        if (!recorder_is_on() || recorder->silent)
                return;
        frames_clock(recorder);
        if (frame) {
                error->stack = memo_capture_anew(recorder->memo, frame);
                if (is_on_stack(recorder, frame, error->address))
                        error->place = WIRE_PLACE_STACK;
        }
        if (error->kind == WIRE_ERROR_FOREIGN && error->place == WIRE_PLACE_OTHER)
                announce_module(recorder, error->address);
        frames_room(recorder, ERROR_BYTES_MAX);
        if (frames_begun(recorder))
                encode_error(&recorder->encode, error);
}

COLD void recorder_guarded(struct recorder *recorder, const struct wire_guarded *guarded)
{
        if (!recorder_is_on())
                return;
        frames_room(recorder, ERROR_BYTES_MAX);
        if (frames_begun(recorder))
                encode_guarded(&recorder->encode, guarded);
}

COLD void recorder_suppressions(struct recorder *recorder, const char *text)
{
        if (!recorder_is_on())
                return;
        for (size_t left = strlen(text), bytes; left; text += bytes, left -= bytes) {
                bytes = left < WIRE_STRING_BYTES_MAX ? left : WIRE_STRING_BYTES_MAX;
                frames_room(recorder, SUPPRESSIONS_BYTES_MAX);
                if (frames_begun(recorder))
                        encode_suppressions(&recorder->encode, text, bytes);
        }
}

void recorder_unload_begin(struct recorder *recorder)
{
        if (!recorder || !recorder_is_on())
                return;
        do
                frames_room(recorder, MODULE_BYTES_MAX);
        while (frames_begun(recorder) && modules_announce(&recorder->encode));
}

void recorders_in_copy(void)
{
        frames.options.news = NULL;
        atomic_store(&frames.announced, true);
        atomic_store(&frames.lost_events, 0);
        atomic_store(&frames.lost_frames, 0);
}

void recorders_after_fork(void)
{
        uint64_t now = frames_now();
        uint16_t birth = frames_birth(now);

        frames.parent_process = frames.process;
        frames.process = channel_process_new();
        frames.start_ns = now;
        frames.birth_min = birth == UINT16_MAX ? birth : (uint16_t)(birth + 1);
        atomic_store(&frames.threads, 0);
        atomic_store(&frames.announced, false);
        atomic_store(&frames.lost_events, 0);
        atomic_store(&frames.lost_frames, 0);
}

void recorder_after_fork(struct recorder *recorder)
{
        channel_after_fork(&recorder->slot);
        recorder->encode.bytes = 0;
        recorder->allocations = recorder->frees = recorder->resizes = recorder->requested_bytes = 0;
        recorder->frees_inherited = 0;
        recorder->lost_events = recorder->lost_frames = recorder->frame_events = 0;
        recorder->clock_ticks = 0;
        recorder->clock_trust = 0;
}
