/* Counters for what adds up, and a ring for what must be told one by one. */
#define _GNU_SOURCE
#include "preload/alloc/history.h"

#include <stdatomic.h>
#include <time.h>

enum { RING_EVENTS = 64 };

struct sums {
        _Atomic uint64_t purges, bytes, ns, refaulted_bytes;
};

/* Since they were taken last, while the latest limits held. What is added while they are taken is told another time;
 * the sums are right in any case. */
static struct sums waiting[HISTORY_PURGES];
static _Atomic uint64_t time_ns; /* of the last purge */
static _Atomic int last_why;     /* of it: what is in use again is charged to it */
static _Atomic uint64_t purged_bytes, refaulted_bytes;
static _Atomic bool waits;

enum place_state { PLACE_EMPTY, PLACE_FULL, PLACE_BUSY };
static struct place {
        _Atomic int state;
        struct history_event event;
} ring[RING_EVENTS];
static _Atomic unsigned head; /* who empties its place moves it on */
static unsigned tail;         /* the one producer's */

static struct history_limits latest;
static _Atomic uint32_t number; /* of the latest */
static struct history_limits first;
static _Atomic bool first_told;

uint32_t history_clock_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

uint64_t history_clock_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void add(_Atomic uint64_t *counter, uint64_t more)
{
        atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static uint64_t take(_Atomic uint64_t *counter)
{
        return atomic_load_explicit(counter, memory_order_relaxed)
                       ? atomic_exchange_explicit(counter, 0, memory_order_relaxed)
                       : 0;
}

void history_purged(enum history_purge why, size_t bytes, uint64_t began_ns, uint64_t ended_ns)
{
        add(&waiting[why].purges, 1);
        add(&waiting[why].bytes, bytes);
        add(&waiting[why].ns, ended_ns - began_ns);
        add(&purged_bytes, bytes);
        atomic_store_explicit(&time_ns, ended_ns, memory_order_relaxed);
        atomic_store_explicit(&last_why, why, memory_order_relaxed);
        atomic_store_explicit(&waits, true, memory_order_relaxed);
}

void history_refaulted(size_t bytes)
{
        add(&waiting[atomic_load_explicit(&last_why, memory_order_relaxed)].refaulted_bytes, bytes);
        add(&refaulted_bytes, bytes);
}

void history_sums(uint64_t *ret_purged_bytes, uint64_t *ret_refaulted_bytes)
{
        *ret_purged_bytes = atomic_load_explicit(&purged_bytes, memory_order_relaxed);
        *ret_refaulted_bytes = atomic_load_explicit(&refaulted_bytes, memory_order_relaxed);
}

bool history_waits(void)
{
        return atomic_load_explicit(&waits, memory_order_relaxed);
}

/* What waits of one reason. False: nothing. */
static bool take_purged(enum history_purge why, struct history_event *ret_event)
{
        struct sums *sums = &waiting[why];
        struct history_purged purged = {
                .number = atomic_load_explicit(&number, memory_order_relaxed),
                .why = why,
                .time_ns = atomic_load_explicit(&time_ns, memory_order_relaxed),
                .purges = take(&sums->purges),
                .bytes = take(&sums->bytes),
                .ns = take(&sums->ns),
                .refaulted_bytes = take(&sums->refaulted_bytes),
        };

        if (!purged.purges && !purged.bytes && !purged.refaulted_bytes)
                return false;
        *ret_event = (struct history_event){.kind = HISTORY_PURGED, .purged = purged};
        return true;
}

static bool ring_put(const struct history_event *event)
{
        struct place *place = &ring[tail % RING_EVENTS];

        /* Acquire and release: pairs with ring_take, which reads and empties the place. */
        if (atomic_load_explicit(&place->state, memory_order_acquire) != PLACE_EMPTY)
                return false;
        place->event = *event;
        atomic_store_explicit(&place->state, PLACE_FULL, memory_order_release);
        tail++;
        return true;
}

static bool ring_take(struct history_event *ret_event)
{
        unsigned at = atomic_load_explicit(&head, memory_order_relaxed);
        struct place *place = &ring[at % RING_EVENTS];
        int full = PLACE_FULL;

        if (!atomic_compare_exchange_strong_explicit(&place->state, &full, PLACE_BUSY, memory_order_acquire,
                                                     memory_order_relaxed))
                return false;
        *ret_event = place->event;
        atomic_store_explicit(&head, at + 1, memory_order_relaxed);
        atomic_store_explicit(&place->state, PLACE_EMPTY, memory_order_release);
        return true;
}

/* What was purged under the limits that end now is set apart from what will be. */
static void close_purged(void)
{
        for (int why = 0; why < HISTORY_PURGES; why++) {
                struct history_event event;

                if (!take_purged((enum history_purge)why, &event) || ring_put(&event))
                        continue;
                add(&waiting[why].purges, event.purged.purges);
                add(&waiting[why].bytes, event.purged.bytes);
                add(&waiting[why].ns, event.purged.ns);
                add(&waiting[why].refaulted_bytes, event.purged.refaulted_bytes);
        }
}

void history_limits(const struct history_limits *limits)
{
        struct history_event event = {.kind = HISTORY_LIMITS, .limits = *limits};

        if (limits->why == HISTORY_CONFIGURED) {
                first = latest = *limits;
                return;
        }
        close_purged();
        event.limits.number = atomic_fetch_add_explicit(&number, 1, memory_order_relaxed) + 1;
        latest = event.limits;
        ring_put(&event);
        atomic_store_explicit(&waits, true, memory_order_relaxed);
}

static bool something_waits(void)
{
        for (int why = 0; why < HISTORY_PURGES; why++)
                if (atomic_load_explicit(&waiting[why].bytes, memory_order_relaxed) ||
                    atomic_load_explicit(&waiting[why].refaulted_bytes, memory_order_relaxed))
                        return true;
        return atomic_load_explicit(&ring[atomic_load_explicit(&head, memory_order_relaxed) % RING_EVENTS].state,
                                    memory_order_relaxed) == PLACE_FULL;
}

void history_take(struct history_event *ret_event)
{
        ret_event->kind = HISTORY_NOTHING;
        atomic_store_explicit(&waits, false, memory_order_relaxed);
        if (!something_waits())
                return;
        if (!atomic_exchange_explicit(&first_told, true, memory_order_relaxed)) {
                *ret_event = (struct history_event){.kind = HISTORY_LIMITS, .limits = first};
                return;
        }
        if (ring_take(ret_event))
                return;
        for (int why = 0; why < HISTORY_PURGES; why++)
                if (take_purged((enum history_purge)why, ret_event))
                        return;
}

void history_after_fork(void)
{
        struct history_event event;

        for (int why = 0; why < HISTORY_PURGES; why++)
                take_purged((enum history_purge)why, &event);
        for (unsigned i = 0; i < RING_EVENTS; i++)
                atomic_store_explicit(&ring[i].state, PLACE_EMPTY, memory_order_relaxed);
        atomic_store_explicit(&head, 0, memory_order_relaxed);
        tail = 0;
        first = latest;
        first.number = 0;
        atomic_store_explicit(&number, 0, memory_order_relaxed);
        atomic_store_explicit(&first_told, false, memory_order_relaxed);
        atomic_store_explicit(&waits, false, memory_order_relaxed);
}
