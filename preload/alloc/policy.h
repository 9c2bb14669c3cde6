/* How much free memory may stay, decided from how short memory is. A pure function: no clock, no file, no lock.
 *
 * From 80 % of a limit on, or when tasks wait for memory, the limits are halved at every decision, down to nothing;
 * from 95 % on they are nothing at once. They go back, step by step and ever more slowly if it was too soon, once less
 * than 70 % is used. Below 30 % they are doubled, three times at most, as long as much of what is purged is in use
 * again within a second: where nothing is won by it, memory that is kept is only kept from others. */
#ifndef PRELOAD_ALLOC_POLICY_H
#define PRELOAD_ALLOC_POLICY_H

#include "preload/alloc/purge.h"

enum {
        POLICY_PERCENT = 100,         /* shares are in hundredths of a percent */
        POLICY_UNKNOWN = -1,          /* no limit is known */
        POLICY_DOUBLINGS = 3,         /* above what is configured */
        POLICY_REST_MS = 2000,        /* before a step back; doubled when it was too soon */
        POLICY_REST_MS_MAX = 64000,   /* then no more */
        POLICY_NEED_MS = 10000,       /* limits stay doubled for so long after the last sign that they should */
        POLICY_LEAST_BYTES = 1 << 20, /* half of less is nothing */
        POLICY_START_BYTES = 8 << 20, /* who keeps less than this is squeezed from here on */
        POLICY_NEED_BYTES = 1 << 20,  /* less than this being in use again is no sign */
};

struct policy_reading {
        uint64_t now_ms;
        int used;                             /* share of the limit, or POLICY_UNKNOWN */
        int stalled, stalled_all;             /* shares of time in which some, and all, tasks waited for memory */
        size_t limit_bytes;                   /* 0: not known */
        size_t retained_bytes;                /* free memory that is kept at the moment */
        size_t purged_bytes, refaulted_bytes; /* since the last decision; the latter are in use again */
};

enum policy_move {
        POLICY_STAY,
        POLICY_SQUEEZE,
        POLICY_EMPTY,
        POLICY_RELAX,
        POLICY_RETURN,
};

struct policy {
        struct purge_limits configured, now;
        int steps;        /* away from what is configured: below 0 squeezed, above relaxed */
        unsigned rest_ms; /* before the next step back */
        enum policy_move last;
        uint64_t last_ms;   /* when that was */
        uint64_t read_ms;   /* of the last reading; 0: there was none */
        int used;           /* by it */
        uint64_t needed_ms; /* the last sign that higher limits would be good */
};

void policy_begin(struct policy *policy, struct purge_limits configured);

/* Anything but POLICY_STAY: policy->now has changed. */
enum policy_move policy_decide(struct policy *policy, const struct policy_reading *reading);

/* It is the stalls that would squeeze, not what is used. */
bool policy_is_stalled(const struct policy_reading *reading);

/* What was configured holds at once. False: it did already. */
bool policy_restore(struct policy *policy);

/* How long the next reading can wait; to be asked once after each. */
unsigned policy_interval_ms(struct policy *policy, const struct policy_reading *reading);
#endif
