/* Tables that grow by chains of larger ones. */
#include "preload/annotations.h"

#include <sys/mman.h>

#include "preload/alloc/heap.h"
#include "preload/check/guard.h"
#include "preload/platform.h"
#include "preload/record/mappings.h"
#include "preload/record/recorder.h"

enum {
        CHECK_BITS = 21,
        ALIGNMENT_BITS = 4,
        SLOTS_FIRST = 448,
        SLOTS_MOST = 1 << 20,
        PROBES = 16,
        REGIONS = 250,
};

_Static_assert(PLATFORM_ADDRESS_BITS - ALIGNMENT_BITS + CHECK_BITS <= 65, "a block and its check in one word");

struct blocks {
        _Atomic(struct blocks *) next; /* has more places */
        size_t count;
        struct mapping mapping;
        _Atomic uint64_t slot[]; /* address / 16 << CHECK_BITS | check; 0: free */
};

struct region {
        _Atomic uintptr_t start; /* 0: free; 1: being made. Release: bytes is there */
        _Atomic size_t bytes;
};

struct regions {
        _Atomic(struct regions *) next;
        struct mapping mapping;
        struct region region[REGIONS];
};

_Atomic bool annotations_begun;
static _Atomic(struct blocks *) blocks;
static _Atomic(struct regions *) regions;
static _Atomic bool finished;

static void *map(size_t bytes)
{
        void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return start == MAP_FAILED ? NULL : start;
}

/* --- blocks ------------------------------------------------------------------------------------------------------ */

uint64_t annotations_check(uint64_t record)
{
        return record * UINT64_C(0x9e3779b97f4a7c15) >> (64 - CHECK_BITS);
}

static uintptr_t block_of(uint64_t word)
{
        return (uintptr_t)(word >> CHECK_BITS << ALIGNMENT_BITS);
}

static enum block_status find(const void *word, struct block *ret_block)
{
        enum block_status status = heap_find(word, ret_block);

        return status == BLOCK_FOREIGN ? guard_find(word, ret_block) : status;
}

/* The block that the word names has been freed, whoever has its place now. */
static bool is_gone(uint64_t word)
{
        struct block block;
        uint64_t record;

        if (find((void *)block_of(word), &block) != BLOCK_FOUND || !block.side)
                return true;
        record = atomic_load_explicit(block.side, memory_order_relaxed);
        return !(record & RECORDER_LIVE) || annotations_check(record) != (word & ((1 << CHECK_BITS) - 1));
}

/* The next table of the chain, which is made if it is not there. NULL: no memory. */
static struct blocks *blocks_next(_Atomic(struct blocks *) *link, size_t count)
{
        struct blocks *next = atomic_load_explicit(link, memory_order_acquire), *made;
        size_t bytes = sizeof *next + count * sizeof next->slot[0];

        if (next || !(made = map(bytes)))
                return next;
        made->count = count;
        /* Release: who follows the link finds the table made. */
        if (!atomic_compare_exchange_strong_explicit(link, &next, made, memory_order_acq_rel, memory_order_acquire)) {
                munmap(made, bytes);
                return next;
        }
        mappings_add(&made->mapping, made, bytes);
        return made;
}

/* A place is taken when it is free, holds the same address, or what it holds is gone. */
static bool blocks_put(struct blocks *table, uint64_t word)
{
        size_t at = (size_t)((word >> CHECK_BITS) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % table->count;

        for (unsigned probe = 0; probe < PROBES; probe++, at = at + 1 == table->count ? 0 : at + 1) {
                uint64_t found = atomic_load_explicit(&table->slot[at], memory_order_relaxed);

                if (found && block_of(found) != block_of(word) && !is_gone(found))
                        continue;
                if (atomic_compare_exchange_strong(&table->slot[at], &found, word))
                        return true;
        }
        return false;
}

void annotations_ignore(const void *block, uint64_t record)
{
        uint64_t word = (uint64_t)(uintptr_t)block >> ALIGNMENT_BITS << CHECK_BITS | annotations_check(record);
        _Atomic(struct blocks *) *link = &blocks;
        size_t count = SLOTS_FIRST;

        for (struct blocks *table; (table = blocks_next(link, count)) && !blocks_put(table, word);) {
                link = &table->next;
                count = table->count < SLOTS_MOST ? table->count * 4 : table->count;
        }
}

void annotations_ignore_object(const void *word)
{
        struct block block;
        uint64_t record;

        if (find(word, &block) == BLOCK_FOREIGN || !block.side)
                return;
        record = atomic_load_explicit(block.side, memory_order_relaxed);
        if (record & RECORDER_LIVE)
                annotations_ignore(block.start, record);
}

void annotations_ignored_each(void (*visit)(void *context, uintptr_t block, uint64_t check), void *context)
{
        for (struct blocks *table = atomic_load(&blocks); table; table = atomic_load(&table->next))
                for (size_t i = 0; i < table->count; i++) {
                        uint64_t word = atomic_load_explicit(&table->slot[i], memory_order_relaxed);

                        if (word)
                                visit(context, block_of(word), word & ((1 << CHECK_BITS) - 1));
                }
}

/* --- regions ----------------------------------------------------------------------------------------------------- */

static struct regions *regions_next(_Atomic(struct regions *) *link)
{
        struct regions *next = atomic_load_explicit(link, memory_order_acquire), *made;

        if (next || !(made = map(sizeof *made)))
                return next;
        if (!atomic_compare_exchange_strong_explicit(link, &next, made, memory_order_acq_rel, memory_order_acquire)) {
                munmap(made, sizeof *made);
                return next;
        }
        mappings_add(&made->mapping, made, sizeof *made);
        return made;
}

static bool region_claim(struct region *region)
{
        uintptr_t none = 0;

        return atomic_compare_exchange_strong(&region->start, &none, 1);
}

void annotations_region_add(const void *start, size_t bytes)
{
        _Atomic(struct regions *) *link = &regions;

        if (!start || !bytes)
                return;
        for (struct regions *table; (table = regions_next(link)); link = &table->next)
                for (size_t i = 0; i < REGIONS; i++) {
                        struct region *region = &table->region[i];

                        if (!region_claim(region))
                                continue;
                        atomic_store_explicit(&region->bytes, bytes, memory_order_relaxed);
                        atomic_store_explicit(&region->start, (uintptr_t)start, memory_order_release);
                        return;
                }
}

void annotations_region_remove(const void *start, size_t bytes)
{
        for (struct regions *table = atomic_load(&regions); table; table = atomic_load(&table->next))
                for (size_t i = 0; i < REGIONS; i++) {
                        uintptr_t same = (uintptr_t)start;

                        if (atomic_load(&table->region[i].start) == same && table->region[i].bytes == bytes &&
                            atomic_compare_exchange_strong(&table->region[i].start, &same, 0))
                                return;
                }
}

void annotations_regions_each(void (*visit)(void *context, uintptr_t start, uintptr_t end), void *context)
{
        for (struct regions *table = atomic_load(&regions); table; table = atomic_load(&table->next))
                for (size_t i = 0; i < REGIONS; i++) {
                        uintptr_t start = atomic_load(&table->region[i].start), end;

                        if (start <= 1)
                                continue;
                        if (__builtin_add_overflow(start, atomic_load(&table->region[i].bytes), &end))
                                end = UINTPTR_MAX;
                        visit(context, start, end);
                }
}

/* --- whether to look --------------------------------------------------------------------------------------------- */

void annotations_finish(void)
{
        atomic_store(&finished, true);
}

bool annotations_exit_scan_wanted(void)
{
        return !atomic_load(&finished);
}
