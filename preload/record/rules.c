/* From call frame information to rules, and the cache of rules that all threads share. */
#include "preload/record/rules.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/record/cfi.h"
#include "preload/record/mappings.h"
#include "preload/record/modules.h"

#if PLATFORM_HAS_RULES

/* --- from a row to a rule ---------------------------------------------------------------------------------------- */

static void rule_guess(struct rule *rule)
{
        rule->kind = RULE_GUESS;
        rule->cfa_offset = 16;
        rule->fp_offset = -16;
        rule->flags = RULE_RESTORES_FP;
}

/* gcc's realigned frame: the CFA is what `breg6 n; deref` finds, and the old frame pointer is at *fp. */
static bool rule_realigned(const struct cfi_row *row, struct rule *rule)
{
        const struct cfi_place *fp = &row->place[CFI_FP];
        const uint8_t *expression = row->cfa_expression, *at = expression + 1;

        if (row->cfa_expression_bytes < 3 || expression[0] != 0x76)
                return false;
        int64_t offset = cfi_sleb(&at);

        if (at + 1 != expression + row->cfa_expression_bytes || *at != 0x06 || fp->where != CFI_AT_EXPRESSION ||
            fp->expression_bytes != 2 || fp->expression[0] != 0x76 || fp->expression[1] != 0)
                return false;
        rule->kind = RULE_FP_DEREF;
        rule->cfa_offset = (int32_t)offset;
        rule->fp_offset = 0;
        rule->flags = RULE_RESTORES_FP;
        return true;
}

/* The lazy-binding entries of the PLT: CFA = sp + 8 + ((pc & 15) >= 11) * 8. */
static bool rule_plt(const struct cfi_row *row, uint64_t pc, struct rule *rule)
{
        static const uint8_t plt[] = {0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};

        if (row->cfa_expression_bytes != sizeof plt || memcmp(row->cfa_expression, plt, sizeof plt) != 0)
                return false;
        rule->kind = RULE_SP;
        rule->cfa_offset = 8 + ((pc & 15) >= 11 ? 8 : 0);
        return true;
}

static void rule_from_row(const struct cfi_row *row, uint64_t pc, struct rule *rule)
{
        const struct cfi_place *fp = &row->place[CFI_FP], *ra = &row->place[CFI_RA];

        rule->kind = RULE_DECLINED;
        rule->fp_offset = -8;
        if (ra->where == CFI_AT_UNDEFINED) {
                rule->kind = RULE_END;
                return;
        }
        if (ra->where != CFI_AT_OFFSET || ra->offset != -8 || row->place[CFI_SP].where != CFI_AT_SAME)
                return;
        if (row->cfa_expression) {
                if (!rule_realigned(row, rule))
                        rule_plt(row, pc, rule);
                return;
        }
        if (row->cfa_offset > INT32_MAX || row->cfa_offset < INT32_MIN)
                return;
        if (fp->where == CFI_AT_UNDEFINED) { /* what start-up code says to end the chain */
                rule->kind = RULE_END;
                return;
        }
        if (fp->where == CFI_AT_OFFSET && fp->offset >= INT16_MIN && fp->offset <= INT16_MAX) {
                rule->fp_offset = (int16_t)fp->offset;
                rule->flags = RULE_RESTORES_FP;
        } else if (fp->where != CFI_AT_SAME) {
                return;
        }
        rule->cfa_offset = (int32_t)row->cfa_offset;
        if (row->cfa_register == PLATFORM_DWARF_SP)
                rule->kind = RULE_SP;
        else if (row->cfa_register == PLATFORM_DWARF_FP)
                rule->kind = RULE_FP;
}

static void rule_from_tables(const uint8_t *header, uint64_t pc, struct rule *rule)
{
        struct cfi_row row;

        rule->kind = RULE_DECLINED;
        switch (cfi_find(header, pc, &row)) {
        case CFI_OK:
                rule_from_row(&row, pc, rule);
                break;
        case CFI_NONE:
                rule_guess(rule);
                break;
        case CFI_SIGNAL:
                if (!platform_is_sigreturn((const uint8_t *)(uintptr_t)pc))
                        break;
                rule->kind = RULE_SIGNAL;
                rule->flags = RULE_RESTORES_FP;
                break;
        default:
                break;
        }
}

#else

static void rule_from_tables(const uint8_t *header, uint64_t pc, struct rule *rule)
{
        (void)header, (void)pc;
        rule->kind = RULE_DECLINED;
}

static void rule_guess(struct rule *rule)
{
        rule->kind = RULE_DECLINED;
}

#endif

static void rules_parse(uint64_t pc, struct rule *ret_rule)
{
        struct module_place place;
        struct rule rule = {.kind = RULE_DECLINED};

        modules_find(pc, &place);
        rule.key = pc | (uint64_t)place.generation << RULES_GENERATION_SHIFT;
        if (place.unwind)
                rule_from_tables(place.unwind, pc, &rule);
        else
                rule_guess(&rule);
        if (place.is_loader)
                rule.flags |= RULE_LOADER;
        *ret_rule = rule;
}

/* --- the cache of all threads: insert-only ----------------------------------------------------------------------- */

/* Three tables, each used when the one before it is five eighths full: a hash spreads a few hundred rules over as many
 * pages as there are, and most programs have no more. */
enum { SHARED_TABLES = 3, SHARED_ENTRIES = RULES_SHARED_BYTES / 24, SHARED_PROBES = 32 };
static const uint8_t shared_bits[SHARED_TABLES] = {9, 12, 16};

struct shared_rule {
        _Atomic uint64_t tag; /* pc | epoch << 48; 0: empty, 1: being filled. Release: the rule is complete. */
        struct rule rule;
};

_Static_assert(sizeof(struct shared_rule) * SHARED_ENTRIES == RULES_SHARED_BYTES, "as the header says");
static struct shared_rule *shared;
static struct mapping shared_mapping;
static _Atomic uint64_t shared_count[SHARED_TABLES];

bool rules_open(void)
{
        void *memory = mmap(NULL, RULES_SHARED_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        shared = memory;
        mappings_add(&shared_mapping, shared, RULES_SHARED_BYTES);
        return true;
}

uint64_t rules_count(void)
{
        uint64_t count = 0;

        for (unsigned i = 0; i < SHARED_TABLES; i++)
                count += atomic_load_explicit(&shared_count[i], memory_order_relaxed);
        return count;
}

static bool shared_is_full(unsigned index)
{
        return atomic_load_explicit(&shared_count[index], memory_order_relaxed) >
               (UINT64_C(5) << shared_bits[index]) / 8;
}

/* The entry of the tag, or the first free one of the table that it may be put into; NULL: there is none. */
static struct shared_rule *shared_entry(unsigned index, uint64_t tag)
{
        uint64_t hash = tag * UINT64_C(0x9e3779b97f4a7c15) >> (64 - shared_bits[index]);
        struct shared_rule *table = shared;

        for (unsigned i = 0; i < index; i++)
                table += (size_t)1 << shared_bits[i];
        for (unsigned i = 0; i < SHARED_PROBES; i++) {
                struct shared_rule *entry = &table[(hash + i) & (((uint64_t)1 << shared_bits[index]) - 1)];
                uint64_t seen = atomic_load_explicit(&entry->tag, memory_order_acquire);

                if (seen == tag || seen == 0)
                        return entry;
        }
        return NULL;
}

static void shared_put(unsigned index, struct shared_rule *entry, uint64_t tag, const struct rule *rule)
{
        uint64_t none = 0;

        if (!atomic_compare_exchange_strong(&entry->tag, &none, UINT64_C(1)))
                return;
        entry->rule = *rule;
        atomic_fetch_add_explicit(&shared_count[index], 1, memory_order_relaxed);
        atomic_store_explicit(&entry->tag, tag, memory_order_release);
}

void rules_fill(uint64_t pc, struct rule *ret_rule)
{
        uint64_t epoch = modules_epoch();
        uint64_t tag = pc | epoch << RULES_GENERATION_SHIFT;
        struct shared_rule *entry = NULL;
        unsigned index = 0;

        /* A module is being unloaded, and nothing may be kept; or so many were that a tag would come again. */
        if (epoch >> (64 - RULES_GENERATION_SHIFT) || !shared) {
                rules_parse(pc, ret_rule);
                return;
        }
        for (;; index++) {
                entry = shared_entry(index, tag);
                if (entry && atomic_load_explicit(&entry->tag, memory_order_acquire) == tag) {
                        *ret_rule = entry->rule;
                        return;
                }
                if (index + 1 == SHARED_TABLES || !shared_is_full(index))
                        break;
        }
        rules_parse(pc, ret_rule);
        if (entry && modules_epoch() == epoch)
                shared_put(index, entry, tag, ret_rule);
}

/* --- the cache of one thread ------------------------------------------------------------------------------------- */

void rules_cache_empty(struct rules_cache *cache)
{
        if (cache->shift) /* or it has never been used, and is empty */
                memset(cache->rule, 0, sizeof cache->rule[0] << (64 - cache->shift));
        else
                cache->shift = 64 - RULES_CACHE_BITS_FIRST;
        cache->fills_left = 1 << (64 - cache->shift);
}

COLD void rules_cache_grow(struct rules_cache *cache)
{
        if (cache->shift == 64 - RULES_CACHE_BITS_MAX) {
                cache->fills_left = INT32_MAX;
                return;
        }
        rules_cache_empty(cache);
        cache->shift -= RULES_CACHE_BITS_STEP;
        cache->fills_left = 1 << (64 - cache->shift);
}
