/* Side records, events and frames of one thread, and the words with which a process begins and ends. */
#define _GNU_SOURCE
#include "preload/record/recorder.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "preload/platform.h"
#include "preload/record/census.h"
#include "preload/record/modules.h"
#include "preload/record/rules.h"
#include "preload/record/stacks.h"
#include "preload/record/unwind_slow.h"

enum {
        RECORD_SLACK_SHIFT = 48,
        RECORD_BIRTH_SHIFT = 32,
        RECORD_KIND_SHIFT = 60,
        TICK_NS_MIN = 4000000, /* between TICK events */
        CLOCK_NS = 1000000,    /* between looks at the clock */
        BIRTH_LINEAR = 4096,
        BIRTH_STEPS = 2048,
        STACK_BYTES_FIXED = 40, /* of a STACK event, and for each of its frames */
        STACK_BYTES_FRAME = 11,
        MODULE_BYTES_MAX = 1280,
        EXE_BYTES = 1024,
        COMMAND_BYTES = 1024,
};

#define RECORD_LIVE (UINT64_C(1) << 63)

static struct {
        struct recorder_options options;
        uint64_t base_ns;  /* births count from here, in forked children too */
        uint64_t start_ns; /* of this process */
        uint32_t process, parent_process;
        uint16_t birth_min; /* the first birth of this process; earlier ones are inherited. 0: not forked */
        _Atomic uint32_t threads;
        _Atomic bool announced;              /* the process */
        _Atomic uint64_t clock_ticks_enough; /* ticks in about CLOCK_NS */
        size_t command_bytes;
        char command[COMMAND_BYTES];
} all = {.clock_ticks_enough = 500000};

/* --- time -------------------------------------------------------------------------------------------------------- */

static uint64_t clock_now(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint16_t birth_of(uint64_t now_ns)
{
        uint64_t ms = (now_ns - all.base_ns) / 1000000;
        uint16_t code;

        if (ms < BIRTH_LINEAR) {
                code = (uint16_t)ms;
        } else {
                unsigned doublings = 63 - (unsigned)__builtin_clzll(ms) - 11; /* 1 for 4096 to 8191 */

                code = (uint16_t)(BIRTH_LINEAR + (doublings - 1) * BIRTH_STEPS + ((ms >> doublings) - BIRTH_STEPS));
        }
        return code < all.birth_min ? all.birth_min : code;
}

static uint64_t birth_ms(uint16_t code)
{
        unsigned doublings;

        if (code < BIRTH_LINEAR)
                return code;
        doublings = (code - BIRTH_LINEAR) / BIRTH_STEPS + 1u;
        return (uint64_t)((code - BIRTH_LINEAR) % BIRTH_STEPS + BIRTH_STEPS) << doublings;
}

static void recorder_frame(struct recorder *recorder, uint32_t room);

static COLD void clock_look(struct recorder *recorder, uint64_t ticks)
{
        uint64_t now = clock_now(), passed = now - recorder->now_ns;

        /* How fast the counter runs is learnt, within sane bounds, from what passed since the last look. */
        if (recorder->clock_ticks && passed > CLOCK_NS / 4 && passed < CLOCK_NS * UINT64_C(1000)) {
                uint64_t enough = (ticks - recorder->clock_ticks) * CLOCK_NS / passed;

                if (enough > 1000 && enough < 100000000)
                        atomic_store_explicit(&all.clock_ticks_enough, enough, memory_order_relaxed);
        }
        recorder->clock_ticks = ticks;
        recorder->now_ns = now;
        recorder->birth = birth_of(now);
        if (!recorder->encode.bytes || now - recorder->tick_ns < TICK_NS_MIN)
                return;
        recorder_frame(recorder, ENCODE_HOT_BYTES_MAX); /* a new frame begins with the time, and needs no tick */
        if (recorder->tick_ns < now && recorder->encode.bytes) {
                uint64_t microseconds = (now - recorder->tick_ns) / 1000;

                encode_tick(&recorder->encode, microseconds);
                recorder->tick_ns += microseconds * 1000;
        }
}

static inline void recorder_clock(struct recorder *recorder)
{
        uint64_t ticks = platform_ticks();

        if (UNLIKELY(ticks - recorder->clock_ticks >
                     atomic_load_explicit(&all.clock_ticks_enough, memory_order_relaxed)))
                clock_look(recorder, ticks);
}

/* --- frames ------------------------------------------------------------------------------------------------------ */

static uint64_t events_counted(const struct recorder *recorder)
{
        return recorder->allocations + recorder->frees + recorder->frees_inherited + recorder->resizes;
}

static void recorder_send(struct recorder *recorder)
{
        struct encode *encode = &recorder->encode;

        if (encode->bytes <= WIRE_HEADER_BYTES)
                return;
        encode_finish(encode);
        if (channel_send(encode->frame, encode->bytes)) {
                recorder->sequence++;
        } else {
                recorder->lost_events += events_counted(recorder) - recorder->frame_events;
                recorder->lost_frames++;
        }
        encode_publish(encode, encode->frame); /* nothing in it any more */
}

static void announce_process(struct recorder *recorder)
{
        const struct recorder_options *options = &all.options;
        struct rlimit space = {0}, data = {0};
        uint64_t limit = 0;
        struct wire_process process = {
                .pid = channel_pid(),
                .parent_pid = (uint32_t)syscall(SYS_getppid),
                .parent_process = all.parent_process,
                .start_ns = all.start_ns,
                .flags = (options->traced ? WIRE_PROCESS_TRACED : 0u) |
                         (options->own_malloc ? WIRE_PROCESS_OWN_MALLOC : 0u) |
                         (options->late ? WIRE_PROCESS_LATE : 0u),
                .exe = options->exe,
                .exe_bytes = strlen(options->exe),
                .command = all.command,
                .command_bytes = all.command_bytes,
        };

        if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
                limit = space.rlim_cur;
        if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY && (!limit || data.rlim_cur < limit))
                limit = data.rlim_cur;
        process.memory_limit = limit;
        encode_process(&recorder->encode, &process);
        encode_classes(&recorder->encode, &options->classes);
}

static COLD void frame_begin(struct recorder *recorder)
{
        struct wire_header header = {.version = WIRE_VERSION, .process = all.process};

        if (!recorder->slot.frame) {
                if (!channel_claim(&recorder->slot, all.process, recorder->thread))
                        return;
                recorder->encode.frame = recorder->slot.frame;
                recorder->encode.published = recorder->slot.bytes;
        }
        header.thread = recorder->thread;
        header.sequence = recorder->sequence;
        header.time_ns = recorder->now_ns = recorder->tick_ns = clock_now();
        recorder->birth = birth_of(recorder->now_ns);
        recorder->frame_events = events_counted(recorder);
        encode_begin(&recorder->encode, &header);
        if (UNLIKELY(!atomic_exchange(&all.announced, true)))
                announce_process(recorder);
        if (UNLIKELY(!recorder->thread_announced && all.options.traced)) {
                recorder->thread_announced = true;
                encode_thread(&recorder->encode,
                              &(struct wire_thread){.tid = (uint32_t)syscall(SYS_gettid), .name = ""});
        }
        if (UNLIKELY(recorder->lost_frames)) {
                encode_lost(&recorder->encode, recorder->lost_events, recorder->lost_frames);
                recorder->lost_events = recorder->lost_frames = 0;
        }
}

static COLD void recorder_frame_next(struct recorder *recorder, uint32_t room)
{
        if (recorder->encode.bytes)
                recorder_send(recorder);
        frame_begin(recorder);
        /* The first frame of a process has much to say before. */
        if (recorder->encode.bytes && encode_room(&recorder->encode) < room) {
                recorder_send(recorder);
                frame_begin(recorder);
        }
}

/* Makes sure that a frame is begun and has that much room. Without memory for one, none is: see recorder_has_frame. */
static inline void recorder_frame(struct recorder *recorder, uint32_t room)
{
        if (UNLIKELY(!recorder->encode.bytes || encode_room(&recorder->encode) < room))
                recorder_frame_next(recorder, room);
}

static inline bool recorder_has_frame(const struct recorder *recorder)
{
        return recorder->encode.bytes != 0;
}

/* --- begin and end ----------------------------------------------------------------------------------------------- */

bool recorders_open(const struct recorder_options *options)
{
        all.options = *options;
        for (int i = 0; i < options->argument_count; i++) {
                size_t bytes = strlen(options->argument[i]) + 1;

                if (all.command_bytes + bytes > COMMAND_BYTES)
                        break;
                memcpy(all.command + all.command_bytes, options->argument[i], bytes);
                all.command_bytes += bytes;
        }
        all.process = channel_process_new();
        all.base_ns = all.start_ns = clock_now();
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
                recorder_frame(recorder, MODULE_BYTES_MAX);
        while (recorder_has_frame(recorder) && modules_announce(&recorder->encode));
        recorder_frame(recorder, STACK_BYTES_FIXED + STACK_BYTES_FRAME * (uint32_t)frame_count);
        if (recorder_has_frame(recorder))
                encode_stack(&recorder->encode, id, ancestor, flags, frame, frame_count);
}

bool recorder_begin(struct recorder *recorder)
{
        if (all.options.traced) {
                if (!recorder->memo)
                        recorder->memo = memo_create(all.options.mode, all.options.stack_depth, define_stack, recorder);
                if (!recorder->memo)
                        return false;
                memo_forget(recorder->memo);
        }
        recorder->thread = atomic_fetch_add(&all.threads, 1) + 1;
        recorder->sequence = 0;
        recorder->thread_announced = false;
        recorder->last = NULL;
        return true;
}

void recorder_introduce(struct recorder *recorder)
{
        recorder_frame(recorder, ENCODE_HOT_BYTES_MAX);
}

void recorder_hello(struct recorder *recorder)
{
        recorder_introduce(recorder);
        recorder_send(recorder);
}

void recorder_end(struct recorder *recorder)
{
        if (recorder->thread_announced && recorder_is_on()) {
                recorder_frame(recorder, ENCODE_HOT_BYTES_MAX);
                if (recorder_has_frame(recorder))
                        encode_thread_end(&recorder->encode);
                recorder_send(recorder);
        }
        channel_release(&recorder->slot);
        recorder->encode.bytes = 0;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static inline uint64_t record_make(enum wire_alloc_kind kind, size_t slack, uint16_t birth, uint32_t stack)
{
        return RECORD_LIVE | (uint64_t)kind << RECORD_KIND_SHIFT | (uint64_t)slack << RECORD_SLACK_SHIFT |
               (uint64_t)birth << RECORD_BIRTH_SHIFT | stack;
}

static inline uint64_t put_alloc(struct recorder *recorder, const uintptr_t *frame, enum wire_alloc_kind kind,
                                 size_t size, size_t usable)
{
        uint32_t stack;

        if (UNLIKELY(!recorder_is_on()))
                return record_make(kind, usable - size, recorder->birth, 0);
        recorder_clock(recorder);
        stack = memo_capture(recorder->memo, frame);
        recorder_frame(recorder, ENCODE_HOT_BYTES_MAX);
        if (LIKELY(recorder_has_frame(recorder)))
                encode_alloc(&recorder->encode, kind, stack, size);
        recorder->requested_bytes += size;
        return record_make(kind, usable - size, recorder->birth, stack);
}

/* The record of a block that the recorder itself caused. */
static inline bool record_is_silent(uint64_t record)
{
        return (record >> RECORD_KIND_SHIFT & 7) == WIRE_ALLOC_KINDS;
}

uint64_t recorder_alloc(struct recorder *recorder, const uintptr_t *frame, enum wire_alloc_kind kind, size_t size,
                        size_t usable, const void *block)
{
        uint64_t record;

        if (UNLIKELY(recorder->silent))
                return record_make(WIRE_ALLOC_KINDS, usable - size, 0, 0);
        record = put_alloc(recorder, frame, kind, size, usable);

        recorder->allocations++;
        recorder->last = block;
        return record;
}

static inline enum wire_age age_of(const struct recorder *recorder, uint16_t birth)
{
        uint64_t ms, limit = 1;
        unsigned age = WIRE_AGE_1MS;

        if (birth >= recorder->birth)
                return WIRE_AGE_1MS;
        ms = birth_ms(recorder->birth) - birth_ms(birth);
        for (; age < WIRE_AGE_OLDER && ms > limit; age++)
                limit *= 10;
        return (enum wire_age)age;
}

static inline bool record_is_inherited(uint64_t record)
{
        return (uint16_t)(record >> RECORD_BIRTH_SHIFT) < all.birth_min;
}

static inline void put_free(struct recorder *recorder, enum wire_age age, uint64_t record, size_t usable)
{
        recorder_frame(recorder, ENCODE_HOT_BYTES_MAX);
        if (LIKELY(recorder_has_frame(recorder)))
                encode_free(&recorder->encode, age, (uint32_t)record, recorder_size(record, usable));
}

void recorder_free(struct recorder *recorder, uint64_t record, size_t usable, const void *block)
{
        enum wire_age age;

        if (UNLIKELY(!recorder_is_on() || record_is_silent(record)))
                return;
        recorder_clock(recorder);
        if (UNLIKELY(record_is_inherited(record))) {
                put_free(recorder, WIRE_AGE_INHERITED, record, usable);
                recorder->frees_inherited++;
                return;
        }
        if (block == recorder->last)
                age = WIRE_AGE_TEMPORARY;
        else
                age = age_of(recorder, (uint16_t)(record >> RECORD_BIRTH_SHIFT));
        put_free(recorder, age, record, usable);
        recorder->frees++;
        recorder->last = NULL;
}

uint64_t recorder_resize(struct recorder *recorder, const uintptr_t *frame, uint64_t record, size_t usable_old,
                         size_t size, size_t usable, const void *block)
{
        /* What was born in the parent process becomes a block of this one, and nothing of its own is resized. */
        if (UNLIKELY(recorder->silent || record_is_silent(record) || record_is_inherited(record))) {
                recorder_free(recorder, record, usable_old, NULL);
                return recorder_alloc(recorder, frame, WIRE_REALLOC, size, usable, block);
        }
        if (LIKELY(recorder_is_on()))
                put_free(recorder, WIRE_AGE_RESIZED, record, usable_old);
        recorder->resizes++;
        recorder->last = block;
        return put_alloc(recorder, frame, WIRE_RESIZED, size, usable);
}

void recorder_unload_begin(struct recorder *recorder)
{
        if (!recorder || !recorder_is_on())
                return;
        do
                recorder_frame(recorder, MODULE_BYTES_MAX);
        while (recorder_has_frame(recorder) && modules_announce(&recorder->encode));
}

/* --- fork -------------------------------------------------------------------------------------------------------- */

void recorders_after_fork(void)
{
        uint64_t now = clock_now();
        uint16_t birth = birth_of(now);

        all.parent_process = all.process;
        all.process = channel_process_new();
        all.start_ns = now;
        all.birth_min = birth == UINT16_MAX ? birth : (uint16_t)(birth + 1);
        atomic_store(&all.threads, 0);
        atomic_store(&all.announced, false);
}

void recorder_after_fork(struct recorder *recorder)
{
        /* The slot and what it holds are the parent's. */
        if (!recorder->slot.shared && recorder->slot.frame)
                channel_release(&recorder->slot);
        memset(&recorder->slot, 0, sizeof recorder->slot);
        recorder->encode.bytes = 0;
        recorder->allocations = recorder->frees = recorder->resizes = recorder->requested_bytes = 0;
        recorder->frees_inherited = 0;
        recorder->lost_events = recorder->lost_frames = recorder->frame_events = 0;
        recorder->clock_ticks = 0;
}

/* --- last words -------------------------------------------------------------------------------------------------- */

struct recorder_walk {
        struct census census;
        struct wire_walked walked;
        bool incomplete;
};

void recorder_walk_block(void *context, void *start, size_t usable, uint64_t record)
{
        struct recorder_walk *walk = context;
        size_t bytes = recorder_size(record, usable);

        (void)start;
        if (!(record & RECORD_LIVE) || record_is_silent(record))
                return;
        if (record_is_inherited(record)) {
                walk->walked.inherited_blocks++;
                walk->walked.inherited_bytes += bytes;
                return;
        }
        walk->walked.blocks++;
        walk->walked.bytes += bytes;
        if (!census_add(&walk->census, (uint32_t)record, bytes, usable))
                walk->incomplete = true;
}

static void close_walk(struct recorder *recorder, const struct recorder_close *close, void (*walk_heap)(void *walk))
{
        struct recorder_walk walk = {.walked = {.untraced_blocks = close->untraced_blocks, .threads = close->threads}};

        walk_heap(&walk);
        for (size_t i = 0; i < walk.census.row_max; i++) {
                const struct census_row *row = &walk.census.row[i];

                if (!row->used)
                        continue;
                recorder_frame(recorder, 64);
                if (!recorder_has_frame(recorder))
                        break;
                encode_live(&recorder->encode, &(struct wire_live){row->stack, row->blocks, row->bytes, row->usable});
        }
        census_close(&walk.census);
        recorder_frame(recorder, 128);
        if (recorder_has_frame(recorder) && !walk.incomplete)
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
        recorder_frame(recorder, 256);
        if (recorder_has_frame(recorder))
                encode_usage(&recorder->encode, &usage);
}

static void close_exit(struct recorder *recorder, const struct recorder_close *close)
{
        recorder_frame(recorder, 256);
        if (!recorder_has_frame(recorder))
                return;
        encode_exit(&recorder->encode, &(struct wire_exit_event){
                                               .how = close->how,
                                               .time_ns = clock_now(),
                                               .allocations = close->allocations,
                                               .frees = close->frees,
                                               .resizes = close->resizes,
                                               .requested_bytes = close->requested_bytes,
                                       });
}

void recorder_close(struct recorder *recorder, const struct recorder_close *close, void (*walk_heap)(void *walk))
{
        if (!recorder_is_on())
                return;
        if (all.options.traced && !all.options.own_malloc)
                close_walk(recorder, close, walk_heap);
        for (size_t i = 0; i < close->pool_count; i++) {
                recorder_frame(recorder, 128);
                if (recorder_has_frame(recorder))
                        encode_pool(&recorder->encode, &close->pool[i]);
        }
        close_usage(recorder, close);
        close_exit(recorder, close);
        recorder_send(recorder);
}
