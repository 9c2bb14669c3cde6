/* The allocator's history in the words of the wire. */
#include "preload/news.h"

#include <stdatomic.h>

#include "preload/alloc/governor.h"
#include "preload/thread.h"

/* Speaks where threads record nothing. Who finds it in use leaves the news to others, and to the end. */
static struct recorder speaker;
static _Atomic bool speaking;
static bool begun;
static pid_t teller; /* the process whose news these are */

static const enum wire_limits_why limits_why[] = {
        [HISTORY_CONFIGURED] = WIRE_LIMITS_CONFIGURED, [HISTORY_SQUEEZED] = WIRE_LIMITS_SQUEEZED,
        [HISTORY_EMPTIED] = WIRE_LIMITS_EMPTIED,       [HISTORY_RELAXED] = WIRE_LIMITS_RELAXED,
        [HISTORY_RETURNED] = WIRE_LIMITS_RETURNED,     [HISTORY_RESTORED] = WIRE_LIMITS_RESTORED,
};

static const enum wire_pressure source[] = {
        [PRESSURE_NONE] = WIRE_PRESSURE_NONE,
        [PRESSURE_CGROUP] = WIRE_PRESSURE_CGROUP,
        [PRESSURE_ADDRESS_SPACE] = WIRE_PRESSURE_ADDRESS_SPACE,
        [PRESSURE_DATA] = WIRE_PRESSURE_DATA,
        [PRESSURE_MACHINE] = WIRE_PRESSURE_MACHINE,
};

static const enum wire_purge purge_why[] = {
        [HISTORY_DECAY] = WIRE_PURGE_DECAY,         [HISTORY_EXCESS] = WIRE_PURGE_EXCESS,
        [HISTORY_PRESSURE] = WIRE_PURGE_PRESSURE,   [HISTORY_TRIM] = WIRE_PURGE_TRIM,
        [HISTORY_EXHAUSTED] = WIRE_PURGE_EXHAUSTED,
};

static struct wire_limits limits_of(const struct history_limits *limits)
{
        return (struct wire_limits){
                .number = limits->number,
                .why = limits_why[limits->why],
                .source = limits->stall ? WIRE_PRESSURE_STALL : source[limits->pressure.source],
                .stalled = limits->pressure.stalled,
                .time_ns = limits->time_ns,
                .retain_bytes = limits->retain_bytes,
                .most_bytes = limits->most_bytes,
                .decay_ms = limits->decay_ms,
                .used_bytes = limits->pressure.used,
                .limit_bytes = limits->pressure.limit,
                .retained_bytes = limits->retained_bytes,
        };
}

bool news_next(struct recorder_news *ret_news)
{
        struct history_event event;

        if (UNLIKELY(teller != thread_pid)) /* a fork that nobody told us of */
                news_after_fork();
        history_take(&event);
        if (event.kind == HISTORY_LIMITS) {
                *ret_news = (struct recorder_news){.kind = RECORDER_NEWS_LIMITS, .limits = limits_of(&event.limits)};
        } else if (event.kind == HISTORY_PURGED) {
                const struct history_purged *purged = &event.purged;

                *ret_news = (struct recorder_news){
                        .kind = RECORDER_NEWS_PURGED,
                        .purged = {.number = purged->number,
                                   .why = purge_why[purged->why],
                                   .time_ns = purged->time_ns,
                                   .purges = purged->purges,
                                   .bytes = purged->bytes,
                                   .ns = purged->ns,
                                   .refaulted_bytes = purged->refaulted_bytes},
                };
        }
        return event.kind != HISTORY_NOTHING;
}

static void speak(void)
{
        if (teller != thread_pid)
                news_after_fork();
        if (atomic_exchange_explicit(&speaking, true, memory_order_acquire))
                return;
        if (!begun)
                begun = recorder_begin(&speaker);
        if (begun)
                recorder_tell(&speaker);
        atomic_store_explicit(&speaking, false, memory_order_release);
}

static void wrote(void)
{
        if (!recorder_is_on())
                return;
        if (!thread_recorded)
                speak();
        else if (thread_current)
                recorder_hurry(&thread_current->recorder);
}

void news_open(void)
{
        teller = thread_pid;
        governor_wrote = wrote;
}

void news_after_fork(void)
{
        teller = thread_pid;
        history_after_fork();
        recorder_after_fork(&speaker);
        begun = false;
        atomic_store_explicit(&speaking, false, memory_order_relaxed);
}
