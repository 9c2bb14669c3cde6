/* Unwind rules: how to get from one frame to the one that called it, for each pc.
 *
 * Source of the algorithm: the call frame information of DWARF 5, section 6.4, as .eh_frame encodes it (Linux Standard
 * Base Core, chapter 10.6), reduced to what compilers emit. A rule is 16 bytes; anything it cannot express is
 * RULE_DECLINED. Rules are kept in two caches: one of the thread (rules_lookup, no atomics) and one of all threads. */
#ifndef PRELOAD_RECORD_RULES_H
#define PRELOAD_RECORD_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/platform.h"

enum rule_kind {
        RULE_SP = 1,   /* CFA = sp + cfa_offset */
        RULE_FP,       /* CFA = fp + cfa_offset */
        RULE_FP_DEREF, /* CFA = *(fp + cfa_offset); the old fp is at *fp: a frame that realigned its stack */
        RULE_SIGNAL,   /* the registers are in the kernel's ucontext at sp */
        RULE_END,      /* the outermost frame */
        RULE_GUESS,    /* generated code without unwind information: a frame pointer chain is assumed and checked */
        RULE_DECLINED, /* unwind information that a rule cannot express */
};

enum { RULE_RESTORES_FP = 1, RULE_LOADER = 2 /* the pc lies in the loader */ };

/* The return address is always at CFA - 8. */
struct rule {
        uint64_t key; /* pc | generation of its module << 48; 0: empty */
        int32_t cfa_offset;
        int16_t fp_offset; /* of the saved fp from the CFA; -8 when there is none, so that it can always be read */
        uint8_t kind;      /* enum rule_kind */
        uint8_t flags;
};

enum { RULES_GENERATION_SHIFT = 48, RULES_CACHE_BITS_FIRST = 6, RULES_CACHE_BITS_STEP = 5, RULES_CACHE_BITS_MAX = 11 };

/* The cache of one thread. It begins small, since a hash spreads a few rules over all the pages there are. */
struct rules_cache {
        uint32_t shift;     /* of the hash: 64 - bits */
        int32_t fills_left; /* before the cache is to be larger */
        struct rule rule[1 << RULES_CACHE_BITS_MAX];
};

enum { RULES_SHARED_BYTES = 24 * ((1 << 9) + (1 << 12) + (1 << 16)) }; /* of address space: the cache of all threads */

bool rules_open(void);                               /* in the constructor; false: no memory */
void rules_fill(uint64_t pc, struct rule *ret_rule); /* from the cache of all threads, or parsed in 0.3 to 0.5 us */
uint64_t rules_count(void);                          /* in the cache of all threads */

/* Whether key is that of pc, whatever the generation. */
static inline bool rules_key_is(uint64_t key, uint64_t pc)
{
        return (key ^ pc) << (64 - RULES_GENERATION_SHIFT) == 0;
}

void rules_cache_empty(struct rules_cache *cache); /* also to begin with */
/* To be asked where no rule of the cache is in hand: makes it larger if it has been filled over and over. */
void rules_cache_grow(struct rules_cache *cache);
static inline bool rules_cache_is_small(const struct rules_cache *cache)
{
        return cache->fills_left < 0;
}

static inline const struct rule *rules_lookup(struct rules_cache *cache, uint64_t pc)
{
        struct rule *rule = &cache->rule[pc * UINT64_C(0x9e3779b97f4a7c15) >> cache->shift];

        if (UNLIKELY(!rules_key_is(rule->key, pc))) {
                cache->fills_left--;
                rules_fill(pc, rule);
        }
        return rule;
}

#endif
