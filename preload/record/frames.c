/* The clock, and frames from their begin to the write that sends them. */
#define _GNU_SOURCE
#include "preload/record/frames.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
        TICK_NS_MIN = 4000000, /* between TICK events */
        CLOCK_NS = 1000000,    /* between looks at the clock */
        CLOCK_TRUST = 64,      /* events for one look at the processor's counter while the shared clock goes */
        NEWS_BYTES_MAX = 160,
        BIRTH_LINEAR = 4096,
        BIRTH_STEPS = 2048,
};

static const _Atomic uint32_t clock_stands;
struct frames frames = {.clock_ticks_enough = 500000, .clock = &clock_stands};

uint64_t frames_now(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint16_t frames_birth(uint64_t now_ns)
{
        uint64_t ms = (now_ns - frames.base_ns) / 1000000;
        uint16_t code;

        if (ms < BIRTH_LINEAR) {
                code = (uint16_t)ms;
        } else {
                unsigned doublings = 63 - (unsigned)__builtin_clzll(ms) - 11; /* 1 for 4096 to 8191 */

                code = (uint16_t)(BIRTH_LINEAR + (doublings - 1) * BIRTH_STEPS + ((ms >> doublings) - BIRTH_STEPS));
        }
        return code < frames.birth_min ? frames.birth_min : code;
}

uint64_t frames_birth_ms(uint16_t code)
{
        unsigned doublings;

        if (code < BIRTH_LINEAR)
                return code;
        doublings = (code - BIRTH_LINEAR) / BIRTH_STEPS + 1u;
        return (uint64_t)((code - BIRTH_LINEAR) % BIRTH_STEPS + BIRTH_STEPS) << doublings;
}

/* The first code whose time is not before `ms`. */
static uint16_t birth_from(uint64_t ms)
{
        uint16_t code = frames_birth(frames.base_ns + ms * 1000000);

        return frames_birth_ms(code) < ms && code < UINT16_MAX ? (uint16_t)(code + 1) : code;
}

/* What is born before age_birth[age] is older than that age allows. */
static void ages_set(struct recorder *recorder)
{
        uint64_t now = frames_birth_ms(recorder->birth), limit = 1;

        for (unsigned age = WIRE_AGE_1MS; age < WIRE_AGE_OLDER; age++, limit *= 10)
                recorder->age_birth[age] = now > limit ? birth_from(now - limit) : 0;
}

void frames_tell(struct recorder *recorder)
{
        struct recorder_news news;

        while (frames.options.news && frames.options.news(&news)) {
                frames_room(recorder, NEWS_BYTES_MAX);
                if (!frames_begun(recorder))
                        return;
                if (news.kind == RECORDER_NEWS_LIMITS)
                        encode_limits(&recorder->encode, &news.limits);
                else
                        encode_purged(&recorder->encode, &news.purged);
        }
}

bool frames_clock_is_fresh_slow(struct recorder *recorder, uint32_t word)
{
        if (platform_ticks() - recorder->clock_ticks >
                    atomic_load_explicit(&frames.clock_ticks_enough, memory_order_relaxed) ||
            (word && word != recorder->clock_word))
                return false;
        recorder->clock_trust = word ? CLOCK_TRUST : 0;
        return true;
}

COLD void frames_look_at_clock(struct recorder *recorder)
{
        uint32_t word = atomic_load_explicit(frames.clock, memory_order_relaxed);
        uint64_t ticks = platform_ticks(), now = frames_now(), passed = now - recorder->now_ns;

        /* How fast the counter runs is learnt, within sane bounds, from what passed since the last look. */
        if (recorder->clock_ticks && passed > CLOCK_NS / 4 && passed < CLOCK_NS * UINT64_C(1000)) {
                uint64_t enough = (ticks - recorder->clock_ticks) * CLOCK_NS / passed;

                if (enough > 1000 && enough < 100000000)
                        atomic_store_explicit(&frames.clock_ticks_enough, enough, memory_order_relaxed);
        }
        recorder->clock_ticks = ticks;
        recorder->clock_word = word;
        recorder->clock_trust = word ? CLOCK_TRUST : 0;
        recorder->now_ns = now;
        recorder->birth = frames_birth(now);
        ages_set(recorder);
        frames_tell(recorder);
        if (frames.options.due && frames.options.due(now))
                recorder->due = true;
        if (!recorder->encode.bytes || now - recorder->tick_ns < TICK_NS_MIN)
                return;
        frames_room(recorder, ENCODE_HOT_BYTES_MAX); /* a new frame begins with the time, and needs no tick */
        if (recorder->tick_ns < now && recorder->encode.bytes) {
                uint64_t microseconds = (now - recorder->tick_ns) / 1000;

                encode_tick(&recorder->encode, microseconds);
                recorder->tick_ns += microseconds * 1000;
        }
}

static uint64_t events_counted(const struct recorder *recorder)
{
        return recorder->allocations + recorder->frees + recorder->frees_inherited + recorder->resizes;
}

static void slot_use(struct recorder *recorder)
{
        recorder->encode.frame = recorder->slot.frame;
        recorder->encode.published = recorder->slot.bytes;
}

/* What was lost is told by the next frame. If that one is lost as well, it is told again; if there is none, another
 * thread's tells it. A frame with definitions is not lost if there is any way: what comes later needs them. */
void frames_send(struct recorder *recorder)
{
        struct encode *encode = &recorder->encode;
        enum channel_way way = recorder->way;
        enum channel_sent sent;

        if (encode->bytes <= WIRE_HEADER_BYTES)
                return;
        encode_finish(encode);
        if (way == CHANNEL_PIPE && encode->cold)
                way = CHANNEL_PIPE_OR_HAND;
        sent = channel_send(&recorder->slot, encode->bytes, way);
        if (UNLIKELY(sent == CHANNEL_LOST)) {
                recorder->lost_events += events_counted(recorder) - recorder->frame_events;
                recorder->lost_frames++;
        } else {
                recorder->sequence++;
                recorder->lost_events = recorder->lost_frames = 0;
        }
        if (UNLIKELY(sent == CHANNEL_HANDED)) {
                encode->bytes = 0;
                slot_use(recorder);
                if (recorder->way == CHANNEL_PIPE_OR_HAND)
                        recorder->way = CHANNEL_HAND;
        } else {
                encode_publish(encode, encode->frame); /* nothing in it any more */
        }
}

void frames_bequeath(struct recorder *recorder)
{
        atomic_fetch_add(&frames.lost_events, recorder->lost_events);
        atomic_fetch_add(&frames.lost_frames, recorder->lost_frames);
        recorder->lost_events = recorder->lost_frames = 0;
}

static uint64_t memory_limit(void)
{
        struct rlimit space = {0}, data = {0};
        uint64_t limit = 0;

        if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
                limit = space.rlim_cur;
        if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY && (!limit || data.rlim_cur < limit))
                limit = data.rlim_cur;
        return limit;
}

static void announce_process(struct recorder *recorder)
{
        const struct recorder_options *options = &frames.options;
        struct wire_process process = {
                .pid = channel_pid(),
                .parent_pid = channel_is_quiet() ? 0 : (uint32_t)syscall(SYS_getppid),
                .parent_process = frames.parent_process,
                .start_ns = frames.start_ns,
                .memory_limit = channel_is_quiet() ? 0 : memory_limit(),
                .flags = (options->traced ? WIRE_PROCESS_TRACED : 0u) |
                         (options->own_malloc ? WIRE_PROCESS_OWN_MALLOC : 0u) |
                         (options->late ? WIRE_PROCESS_LATE : 0u) | (channel_is_apart() ? WIRE_PROCESS_APART : 0u),
                .exe = options->exe,
                .exe_bytes = strlen(options->exe),
                .command = frames.command,
                .command_bytes = frames.command_bytes,
        };

        encode_process(&recorder->encode, &process);
        encode_classes(&recorder->encode, &options->classes);
}

static COLD void frame_begin(struct recorder *recorder)
{
        struct wire_header header = {.version = WIRE_VERSION, .process = frames.process};

        if (!recorder->slot.frame) {
                if (!channel_claim(&recorder->slot, frames.process, recorder->thread))
                        return;
                slot_use(recorder);
        }
        header.thread = recorder->thread;
        header.sequence = recorder->sequence;
        header.time_ns = recorder->now_ns = recorder->tick_ns = frames_now();
        recorder->birth = frames_birth(recorder->now_ns);
        recorder->frame_events = events_counted(recorder);
        channel_begin(&recorder->slot);
        encode_begin(&recorder->encode, &header);
        if (UNLIKELY(frames.options.sample_rate)) /* in each frame: they come in any order */
                encode_sampling(&recorder->encode, frames.options.sample_rate);
        if (UNLIKELY(!atomic_exchange(&frames.announced, true)))
                announce_process(recorder);
        if (UNLIKELY(!recorder->thread_announced && frames.options.traced)) {
                recorder->thread_announced = true;
                encode_thread(&recorder->encode,
                              &(struct wire_thread){.tid = channel_is_quiet() ? 0 : (uint32_t)syscall(SYS_gettid),
                                                    .name = ""});
        }
        if (UNLIKELY(atomic_load_explicit(&frames.lost_frames, memory_order_relaxed))) {
                recorder->lost_frames += atomic_exchange(&frames.lost_frames, 0);
                recorder->lost_events += atomic_exchange(&frames.lost_events, 0);
        }
        if (UNLIKELY(recorder->lost_frames))
                encode_lost(&recorder->encode, recorder->lost_events, recorder->lost_frames);
}

COLD void frames_next(struct recorder *recorder, uint32_t room)
{
        if (recorder->encode.bytes)
                frames_send(recorder);
        frame_begin(recorder);
        /* The first frame of a process has much to say before. */
        if (recorder->encode.bytes && encode_room(&recorder->encode) < room) {
                frames_send(recorder);
                frame_begin(recorder);
        }
}
