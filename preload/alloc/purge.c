/* The limits of retained memory, and the clock that makes it go. */
#define _GNU_SOURCE
#include "preload/alloc/purge.h"

#include <time.h>

#include "preload/alloc/huge.h"
#include "preload/alloc/segment.h"

enum { RETAIN_BYTES = 2 << 20, MOST_BYTES = 128 << 20, DECAY_MS = 1000 };
enum { GRAIN_BYTES = 1 << 20 }; /* what goes at once goes in batches of so much */

struct purge_limits purge_configured = {
        .retain_bytes = RETAIN_BYTES,
        .most_bytes = MOST_BYTES,
        .decay_ms = DECAY_MS,
};
void (*purge_tick)(uint64_t now_ms);
void (*purge_done)(enum purge_why why, size_t bytes, uint64_t began_ns, uint64_t ended_ns);

_Atomic size_t purge_watch = RETAIN_BYTES;
static _Atomic size_t retain = RETAIN_BYTES;
_Atomic size_t purge_most = MOST_BYTES;
static _Atomic unsigned decay = DECAY_MS;
static _Atomic uint64_t last_ms;

void purge_set(struct purge_limits limits)
{
        size_t watch = limits.retain_bytes < PURGE_WATCH_BYTES ? limits.retain_bytes : PURGE_WATCH_BYTES;

        atomic_store_explicit(&retain, limits.retain_bytes, memory_order_relaxed);
        atomic_store_explicit(&purge_watch, watch, memory_order_relaxed);
        atomic_store_explicit(&purge_most, limits.most_bytes, memory_order_relaxed);
        atomic_store_explicit(&decay, limits.decay_ms, memory_order_relaxed);
}

struct purge_limits purge_now(void)
{
        return (struct purge_limits){
                .retain_bytes = atomic_load_explicit(&retain, memory_order_relaxed),
                .most_bytes = atomic_load_explicit(&purge_most, memory_order_relaxed),
                .decay_ms = atomic_load_explicit(&decay, memory_order_relaxed),
        };
}

static uint64_t now_ns(clockid_t clock)
{
        struct timespec now;

        clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

size_t purge_watched(enum purge_why why, size_t (*purge)(size_t argument), size_t argument)
{
        uint64_t began_ns = purge_done ? now_ns(CLOCK_MONOTONIC) : 0;
        size_t bytes = purge(argument);

        if (purge_done && bytes)
                purge_done(why, bytes, began_ns, now_ns(CLOCK_MONOTONIC));
        return bytes;
}

static size_t purge_down_to(size_t bytes_keep)
{
        size_t bytes = 0;

        if (memory_retained_bytes() > bytes_keep)
                bytes += segment_purge(bytes_keep / SLICE_BYTES);
        if (memory_retained_bytes() > bytes_keep)
                bytes += huge_trim();
        return bytes;
}

size_t purge_force(void)
{
        return purge_watched(PURGE_FORCED, purge_down_to, 0);
}

COLD void purge_excess(void)
{
        size_t limit = atomic_load_explicit(&purge_most, memory_order_relaxed);
        size_t quarter = segment_mapped_bytes() / 4;

        if (!limit)
                limit = GRAIN_BYTES;
        else if (limit < quarter)
                limit = quarter;
        if (memory_retained_bytes() > limit)
                purge_watched(PURGE_MOST, purge_down_to, limit / 2);
}

COLD uint64_t purge_clock_ms(void)
{
        return now_ns(CLOCK_MONOTONIC_COARSE) / 1000000;
}

unsigned purge_half_decay_ms(void)
{
        return atomic_load_explicit(&decay, memory_order_relaxed) / 2;
}

static size_t decay_all(size_t bytes_keep)
{
        return segment_purge_aged(bytes_keep / SLICE_BYTES) + huge_trim_aged(bytes_keep);
}

COLD bool purge_decay(uint64_t now_ms)
{
        uint64_t before_ms = atomic_load_explicit(&last_ms, memory_order_relaxed);

        if (purge_tick)
                purge_tick(now_ms);
        if (now_ms - before_ms < purge_half_decay_ms() ||
            !atomic_compare_exchange_strong_explicit(&last_ms, &before_ms, now_ms, memory_order_relaxed,
                                                     memory_order_relaxed))
                return false;
        if (memory_retained_bytes() > atomic_load_explicit(&retain, memory_order_relaxed))
                purge_watched(PURGE_DECAY, decay_all, atomic_load_explicit(&retain, memory_order_relaxed));
        return true;
}
