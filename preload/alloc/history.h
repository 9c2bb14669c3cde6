/* What was purged and what became of the limits, until somebody takes it to tell it. Bounded: purges of one reason add
 * up while they wait, and of changes that nobody takes only the first few and the last stay. Nothing here waits. */
#ifndef PRELOAD_ALLOC_HISTORY_H
#define PRELOAD_ALLOC_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/alloc/pressure.h"

enum history_purge {
        HISTORY_DECAY,
        HISTORY_EXCESS,
        HISTORY_PRESSURE,
        HISTORY_TRIM,
        HISTORY_EXHAUSTED,
        HISTORY_PURGES,
};

enum history_change {
        HISTORY_CONFIGURED,
        HISTORY_SQUEEZED,
        HISTORY_EMPTIED,
        HISTORY_RELAXED,
        HISTORY_RETURNED,
        HISTORY_RESTORED,
};

struct history_limits {
        uint32_t number; /* given by history_limits */
        enum history_change why;
        bool stall; /* it was for stalls, not for what is used */
        uint64_t time_ns;
        size_t retain_bytes, most_bytes, retained_bytes;
        unsigned decay_ms;
        struct pressure pressure;
};

struct history_purged {
        uint32_t number; /* of the limits that held */
        enum history_purge why;
        uint64_t time_ns;
        uint64_t purges, bytes, ns, refaulted_bytes;
};

enum { HISTORY_REFAULT_MS = 1000 };
uint32_t history_clock_ms(void); /* coarse; only differences mean something */
uint64_t history_clock_ns(void); /* CLOCK_MONOTONIC */

void history_purged(enum history_purge why, size_t bytes, uint64_t began_ns, uint64_t ended_ns);
void history_refaulted(size_t bytes);                     /* that were purged within the last second are in use again */
void history_limits(const struct history_limits *limits); /* one caller at a time */

/* All that was purged, and was in use again, so far. */
void history_sums(uint64_t *ret_purged_bytes, uint64_t *ret_refaulted_bytes);

/* There is something to take. Cheap. */
bool history_waits(void);

/* The next thing to tell. Changes come in their order; purges come before the change that ended their limits. */
enum history_kind { HISTORY_NOTHING, HISTORY_LIMITS, HISTORY_PURGED };
struct history_event {
        enum history_kind kind;
        union {
                struct history_limits limits;
                struct history_purged purged;
        };
};
void history_take(struct history_event *ret_event);

void history_after_fork(void); /* in the child: what waits is the parent's to tell */
#endif
