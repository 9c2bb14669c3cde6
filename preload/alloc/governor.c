/* From the clock to the pressure, from the pressure to the limits. */
#include "preload/alloc/governor.h"

#include <errno.h>
#include <stdatomic.h>

#include "preload/alloc/policy.h"
#include "preload/alloc/segment.h"

enum {
        BUSY_MS_MAX = 10000, /* who has been at it for longer is gone: a thread that a fork has left behind */
        PERCENT = 100,
};

void (*governor_wrote)(void);

static struct policy policy;
static _Atomic bool on;
static _Atomic bool started;       /* there was enough to govern, once */
static _Atomic uint64_t busy_ms;   /* when somebody began to use policy; 0: nobody does */
static _Atomic uint64_t next_ms;   /* the next look */
static _Atomic size_t growth;      /* bytes mapped since the last look */
static _Atomic size_t growth_max;  /* that can wait for the next look */
static _Atomic bool mapped_counts; /* the nearest limit counts what is mapped, whether it is resident or not */
static _Atomic bool emptying;      /* the purge that is forced is the governor's */
static uint64_t purged_bytes, refaulted_bytes; /* at the last look */

/* Nobody waits for the policy: who finds it in use leaves it alone. */
static bool policy_claim(uint64_t now_ms)
{
        uint64_t busy = atomic_load_explicit(&busy_ms, memory_order_relaxed);

        /* Others may have looked at the clock before who began now, or rounded it up. */
        if (busy && (int64_t)(now_ms - busy) < BUSY_MS_MAX)
                return false;
        /* Acquire: pairs with policy_release. */
        return atomic_compare_exchange_strong_explicit(&busy_ms, &busy, now_ms | 1, memory_order_acquire,
                                                       memory_order_relaxed);
}

static void policy_release(void)
{
        atomic_store_explicit(&busy_ms, 0, memory_order_release);
}

static void write_down(enum history_change why, const struct pressure *pressure, bool stall)
{
        history_limits(&(struct history_limits){
                .why = why,
                .stall = stall,
                .time_ns = history_clock_ns(),
                .retain_bytes = policy.now.retain_bytes,
                .most_bytes = policy.now.most_bytes,
                .decay_ms = policy.now.decay_ms,
                .retained_bytes = memory_retained_bytes(),
                .pressure = *pressure,
        });
}

static int share_of(const struct pressure *pressure, size_t coming)
{
        double share = pressure->source == PRESSURE_NONE ? POLICY_UNKNOWN
                                                         : ((double)pressure->used + (double)coming) /
                                                                   (double)pressure->limit * PERCENT * PERCENT;

        return share > 1e6 ? 1000000 : (int)share;
}

static void carry_out(enum policy_move move, const struct pressure *pressure, bool stall)
{
        static const enum history_change change[] = {
                [POLICY_SQUEEZE] = HISTORY_SQUEEZED,
                [POLICY_EMPTY] = HISTORY_EMPTIED,
                [POLICY_RELAX] = HISTORY_RELAXED,
                [POLICY_RETURN] = HISTORY_RETURNED,
        };

        if (move == POLICY_STAY)
                return;
        write_down(change[move], pressure, stall);
        purge_set(policy.now);
        if (move == POLICY_EMPTY) {
                atomic_store_explicit(&emptying, true, memory_order_relaxed);
                purge_force();
                atomic_store_explicit(&emptying, false, memory_order_relaxed);
        }
        if ((move == POLICY_EMPTY || move == POLICY_SQUEEZE) &&
            atomic_load_explicit(&mapped_counts, memory_order_relaxed))
                segment_hollow();
}

/* How much the pools may map before it is looked again: a quarter of what is left until it becomes serious. */
static size_t growth_allowed(const struct pressure *pressure)
{
        uint64_t serious = pressure->limit / 10 * 8;

        if (pressure->source == PRESSURE_NONE)
                return SIZE_MAX;
        return pressure->used < serious ? (serious - pressure->used) / 4 + GOVERNOR_START_BYTES / 8
                                        : GOVERNOR_START_BYTES / 8;
}

/* The policy is claimed. */
static void look(uint64_t now_ms, size_t coming)
{
        struct pressure pressure;
        struct policy_reading reading = {.now_ms = now_ms, .retained_bytes = memory_retained_bytes()};
        enum pressure_status status = pressure_read(&pressure);
        uint64_t purged, refaulted;

        if (status == PRESSURE_NEVER)
                atomic_store_explicit(&on, false, memory_order_relaxed);
        if (status != PRESSURE_READ)
                return;
        history_sums(&purged, &refaulted);
        reading.purged_bytes = purged - purged_bytes;
        reading.refaulted_bytes = refaulted - refaulted_bytes;
        purged_bytes = purged;
        refaulted_bytes = refaulted;
        reading.used = share_of(&pressure, coming);
        reading.limit_bytes = pressure.limit;
        reading.stalled = (int)pressure.stalled;
        reading.stalled_all = (int)pressure.stalled_all;
        atomic_store_explicit(&mapped_counts,
                              pressure.source == PRESSURE_ADDRESS_SPACE || pressure.source == PRESSURE_DATA,
                              memory_order_relaxed);
        atomic_store_explicit(&growth, 0, memory_order_relaxed);
        atomic_store_explicit(&growth_max, growth_allowed(&pressure), memory_order_relaxed);
        carry_out(policy_decide(&policy, &reading), &pressure, policy_is_stalled(&reading));
        atomic_store_explicit(&next_ms, now_ms + policy_interval_ms(&policy, &reading), memory_order_relaxed);
}

static void look_if_free(uint64_t now_ms, size_t coming)
{
        int errno_before = errno;

        if (!policy_claim(now_ms))
                return;
        look(now_ms, coming);
        policy_release();
        errno = errno_before;
}

static bool is_started(void)
{
        if (atomic_load_explicit(&started, memory_order_relaxed))
                return true;
        if (memory_retained_bytes() < GOVERNOR_START_BYTES)
                return false;
        atomic_store_explicit(&started, true, memory_order_relaxed);
        return true;
}

static void tick(uint64_t now_ms)
{
        if (atomic_load_explicit(&on, memory_order_relaxed) && is_started() &&
            now_ms >= atomic_load_explicit(&next_ms, memory_order_relaxed))
                look_if_free(now_ms, 0);
        if (governor_wrote && history_waits())
                governor_wrote();
}

static void grow(size_t bytes)
{
        if (!atomic_load_explicit(&on, memory_order_relaxed) || !is_started() ||
            memory_retained_bytes() < POLICY_LEAST_BYTES)
                return;
        /* What was mapped before is in use by now, and counted as such. */
        if (bytes + atomic_fetch_add_explicit(&growth, bytes, memory_order_relaxed) >
            atomic_load_explicit(&growth_max, memory_order_relaxed))
                look_if_free(purge_clock_ms(), bytes);
}

static void done(enum purge_why why, size_t bytes, uint64_t began_ns, uint64_t ended_ns)
{
        enum history_purge reason = HISTORY_TRIM;

        if (why == PURGE_DECAY)
                reason = HISTORY_DECAY;
        else if (why == PURGE_MOST)
                reason = HISTORY_EXCESS;
        else if (atomic_load_explicit(&emptying, memory_order_relaxed))
                reason = HISTORY_PRESSURE;
        history_purged(reason, bytes, began_ns, ended_ns);
        /* Others may map what we do not need, and are not asked for it back. */
        if (UNLIKELY(atomic_load_explicit(&mapped_counts, memory_order_relaxed)))
                segment_hollow();
}

void governor_open(struct purge_limits configured, bool governed)
{
        policy_begin(&policy, configured);
        purge_configured = configured;
        purge_set(configured);
        write_down(HISTORY_CONFIGURED, &(struct pressure){.source = PRESSURE_NONE}, false);
        purge_tick = tick;
        purge_done = done;
        memory_growing = governed ? grow : NULL;
        atomic_store_explicit(&on, governed, memory_order_relaxed);
}

void governor_restore(void)
{
        int errno_before = errno;

        if (!purge_done || !policy_claim(purge_clock_ms()))
                return;
        if (policy_restore(&policy)) {
                write_down(HISTORY_RESTORED, &(struct pressure){.source = PRESSURE_NONE}, false);
                purge_set(policy.now);
        }
        policy_release();
        errno = errno_before;
}

void governor_end(void)
{
        atomic_store_explicit(&on, false, memory_order_relaxed);
}
