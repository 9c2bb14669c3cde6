/* From a reading of the pressure to new limits. */
#include "preload/alloc/policy.h"

enum {
        USED_CRITICAL = 95 * POLICY_PERCENT,
        USED_HIGH = 80 * POLICY_PERCENT,
        USED_HELD = 70 * POLICY_PERCENT, /* between this and USED_HIGH nothing changes for who is squeezed */
        USED_BACK = 35 * POLICY_PERCENT, /* nor for who is relaxed between this and USED_LOW */
        USED_LOW = 30 * POLICY_PERCENT,
        STALLED_ALL_CRITICAL = 5 * POLICY_PERCENT,
        STALLED_HIGH = 10 * POLICY_PERCENT,
        STALLED_HELD = 5 * POLICY_PERCENT,
        STALLED_LOW = 1 * POLICY_PERCENT,
        STEPS_EMPTY = -4, /* as many steps lead back from nothing, or more */
        INTERVAL_MS = 1000,
        INTERVAL_LEAST_MS = 20,
        INTERVAL_SHORT_MS = 250, /* when it may become serious soon */
};

enum strain {
        STRAIN_CRITICAL,
        STRAIN_HIGH,
        STRAIN_HELD,
        STRAIN_USUAL,
        STRAIN_LIGHT, /* neither here nor there: only who is relaxed may stay so */
        STRAIN_NONE,
};

static enum strain strain_of(const struct policy_reading *reading)
{
        if (reading->used >= USED_CRITICAL || reading->stalled_all >= STALLED_ALL_CRITICAL)
                return STRAIN_CRITICAL;
        if (reading->used >= USED_HIGH || reading->stalled >= STALLED_HIGH)
                return STRAIN_HIGH;
        if (reading->used >= USED_HELD || reading->stalled >= STALLED_HELD)
                return STRAIN_HELD;
        if (reading->used == POLICY_UNKNOWN || reading->used >= USED_BACK || reading->stalled >= STALLED_LOW)
                return STRAIN_USUAL;
        return reading->used > USED_LOW ? STRAIN_LIGHT : STRAIN_NONE;
}

bool policy_is_stalled(const struct policy_reading *reading)
{
        return strain_of(reading) <= STRAIN_HIGH && reading->used < USED_HIGH;
}

void policy_begin(struct policy *policy, struct purge_limits configured)
{
        *policy = (struct policy){.configured = configured, .now = configured, .rest_ms = POLICY_REST_MS};
}

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

static size_t greatest(size_t a, size_t b)
{
        return a > b ? a : b;
}

static enum policy_move moved(struct policy *policy, enum policy_move move, uint64_t now_ms)
{
        policy->last = move;
        policy->last_ms = now_ms;
        return move;
}

/* A squeeze soon after a step back says that the step came too soon. */
static void learn_rest(struct policy *policy, uint64_t now_ms)
{
        if (policy->last == POLICY_RETURN && now_ms - policy->last_ms < 4ull * policy->rest_ms)
                policy->rest_ms = (unsigned)least(2ul * policy->rest_ms, POLICY_REST_MS_MAX);
        else if (policy->last == POLICY_RETURN)
                policy->rest_ms = POLICY_REST_MS;
}

static bool is_empty(const struct policy *policy)
{
        return !policy->now.retain_bytes && !policy->now.most_bytes && !policy->now.decay_ms;
}

static enum policy_move empty(struct policy *policy, uint64_t now_ms)
{
        if (is_empty(policy))
                return POLICY_STAY;
        learn_rest(policy, now_ms);
        policy->now = (struct purge_limits){.retain_bytes = 0};
        if (policy->steps > STEPS_EMPTY)
                policy->steps = STEPS_EMPTY;
        return moved(policy, POLICY_EMPTY, now_ms);
}

static enum policy_move squeeze(struct policy *policy, const struct policy_reading *reading)
{
        /* Limits that are not reached would be halved for nothing. */
        size_t reached = greatest(reading->retained_bytes, POLICY_START_BYTES);
        size_t most = least(least(policy->now.most_bytes, policy->configured.most_bytes), reached) / 2;

        if (most < POLICY_LEAST_BYTES)
                return empty(policy, reading->now_ms);
        learn_rest(policy, reading->now_ms);
        policy->steps = policy->steps < 0 ? policy->steps - 1 : -1;
        policy->now.most_bytes = most;
        policy->now.retain_bytes = least(policy->configured.retain_bytes, most) / 2;
        policy->now.decay_ms = policy->configured.decay_ms >> -policy->steps;
        return moved(policy, POLICY_SQUEEZE, reading->now_ms);
}

/* One step towards what is configured, from either side. */
static enum policy_move step_back(struct policy *policy, uint64_t now_ms)
{
        struct purge_limits *now = &policy->now, *configured = &policy->configured;

        policy->steps += policy->steps < 0 ? 1 : -1;
        if (policy->steps == 0) {
                *now = *configured;
        } else if (policy->steps < 0) {
                now->most_bytes = least(configured->most_bytes, greatest(2 * now->most_bytes, POLICY_LEAST_BYTES));
                now->retain_bytes = least(configured->retain_bytes, now->most_bytes) / 2;
                now->decay_ms = configured->decay_ms >> -policy->steps;
        } else {
                now->most_bytes /= 2;
                now->decay_ms /= 2;
        }
        return moved(policy, POLICY_RETURN, now_ms);
}

/* What may stay for good stays the same: nothing would ever look at it again. */
static enum policy_move relax(struct policy *policy, const struct policy_reading *reading)
{
        if (policy->steps == POLICY_DOUBLINGS || !policy->now.most_bytes ||
            policy->now.most_bytes > reading->limit_bytes / 16)
                return POLICY_STAY;
        policy->steps++;
        policy->now.most_bytes *= 2;
        policy->now.decay_ms *= 2;
        return moved(policy, POLICY_RELAX, reading->now_ms);
}

static enum policy_move ease(struct policy *policy, const struct policy_reading *reading, enum strain strain)
{
        bool needed = reading->now_ms - policy->needed_ms < POLICY_NEED_MS && policy->needed_ms;

        if (policy->steps < 0)
                return reading->now_ms - policy->last_ms < policy->rest_ms ? POLICY_STAY
                                                                           : step_back(policy, reading->now_ms);
        if (policy->steps > 0 && (strain == STRAIN_USUAL || !needed))
                return step_back(policy, reading->now_ms);
        if (strain == STRAIN_NONE && policy->needed_ms == reading->now_ms)
                return relax(policy, reading);
        return POLICY_STAY;
}

enum policy_move policy_decide(struct policy *policy, const struct policy_reading *reading)
{
        enum strain strain = strain_of(reading);

        if (reading->refaulted_bytes >= POLICY_NEED_BYTES && reading->refaulted_bytes >= reading->purged_bytes / 4)
                policy->needed_ms = reading->now_ms;
        switch (strain) {
        case STRAIN_CRITICAL:
                return empty(policy, reading->now_ms);
        case STRAIN_HIGH:
                return squeeze(policy, reading);
        case STRAIN_HELD:
                return policy->steps > 0 ? step_back(policy, reading->now_ms) : POLICY_STAY;
        default:
                return ease(policy, reading, strain);
        }
}

bool policy_restore(struct policy *policy)
{
        bool changed = policy->steps != 0;

        policy_begin(policy, policy->configured);
        return changed;
}

unsigned policy_interval_ms(struct policy *policy, const struct policy_reading *reading)
{
        uint64_t passed_ms = reading->now_ms - policy->read_ms;
        int risen = reading->used - policy->used, left = USED_CRITICAL - reading->used;
        uint64_t interval_ms = policy->steps < 0 || strain_of(reading) <= STRAIN_HELD ? INTERVAL_SHORT_MS : INTERVAL_MS;

        /* A quarter of the time in which it would become critical, if it goes on rising like that. */
        if (policy->read_ms && policy->used != POLICY_UNKNOWN && risen > 0 && left > 0)
                interval_ms = least(interval_ms, passed_ms * (uint64_t)left / (uint64_t)risen / 4);
        else if (!policy->read_ms)
                interval_ms = INTERVAL_SHORT_MS; /* nothing is known yet */
        policy->read_ms = reading->now_ms;
        policy->used = reading->used;
        return (unsigned)greatest(interval_ms, INTERVAL_LEAST_MS);
}
