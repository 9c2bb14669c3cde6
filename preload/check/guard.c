/* The slots lie in one mapping that cannot be touched, each with a page in front of it; only the pages of blocks in use
 * can. */
#include "preload/check/guard.h"

#include <sys/mman.h>

enum { REGION_BYTES = (2 * GUARD_SLOTS + 1) * PAGE_GRAIN };

struct slot {
        _Atomic bool used;
        uint32_t uses;
        _Atomic(char *) start; /* of the block that is or was in it; NULL: none yet */
        _Atomic uint64_t record;
};

static char *region;
static unsigned interval;
static struct slot slots[GUARD_SLOTS];
static _Atomic unsigned allocations, next_slot;

bool guard_open(unsigned interval_wanted)
{
        void *memory = mmap(NULL, REGION_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        region = memory;
        interval = interval_wanted;
        return true;
}

const void *guard_region(size_t *ret_bytes)
{
        *ret_bytes = REGION_BYTES;
        return region;
}

static char *page_of(unsigned slot)
{
        return region + (2 * slot + 1) * (size_t)PAGE_GRAIN;
}

static struct block block_of(unsigned slot)
{
        char *start = atomic_load_explicit(&slots[slot].start, memory_order_relaxed);

        return (struct block){
                .start = start,
                .usable = (size_t)(page_of(slot) + PAGE_GRAIN - start),
                .side = &slots[slot].record,
        };
}

/* The slots are used in turn, so that a freed block stays out of reach as long as can be. */
static bool slot_claim(unsigned *ret_slot)
{
        for (unsigned i = 0; i < GUARD_SLOTS; i++) {
                unsigned slot = atomic_fetch_add_explicit(&next_slot, 1, memory_order_relaxed) % GUARD_SLOTS;

                /* Acquire: pairs with guard_release. */
                if (!atomic_exchange_explicit(&slots[slot].used, true, memory_order_acquire)) {
                        *ret_slot = slot;
                        return true;
                }
        }
        return false;
}

bool guard_alloc(size_t size, size_t alignment, struct block *ret_block)
{
        size_t step = alignment < 16 ? 16 : alignment, usable = ((size ? size : 1) + step - 1) & ~(step - 1);
        unsigned slot;

        if (!region || size > PAGE_GRAIN || usable > PAGE_GRAIN ||
            atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) % interval || !slot_claim(&slot))
                return false;
        if (mprotect(page_of(slot), PAGE_GRAIN, PROT_READ | PROT_WRITE) != 0) {
                atomic_store_explicit(&slots[slot].used, false, memory_order_release);
                return false;
        }
        atomic_store_explicit(&slots[slot].start, page_of(slot) + PAGE_GRAIN - usable, memory_order_relaxed);
        slots[slot].uses++;
        *ret_block = block_of(slot);
        return true;
}

enum block_status guard_find(const void *word, struct block *ret_block)
{
        size_t offset = (uintptr_t)word - (uintptr_t)region, page = offset / PAGE_GRAIN;
        unsigned slot = (unsigned)(page / 2);

        if (!region || offset >= REGION_BYTES || page % 2 == 0 ||
            !atomic_load_explicit(&slots[slot].start, memory_order_relaxed))
                return BLOCK_FOREIGN;
        *ret_block = block_of(slot);
        if (word < ret_block->start)
                return BLOCK_FOREIGN;
        return word == ret_block->start ? BLOCK_FOUND : BLOCK_INTERIOR;
}

bool guard_has(const struct block *block)
{
        return region && (uintptr_t)block->start - (uintptr_t)region < REGION_BYTES;
}

unsigned guard_slot(const struct block *block)
{
        return (unsigned)((size_t)((char *)block->start - region) / PAGE_GRAIN / 2);
}

uint32_t guard_uses(const struct block *block)
{
        return slots[guard_slot(block)].uses;
}

void guard_release(const struct block *block)
{
        unsigned slot = guard_slot(block);

        mprotect(page_of(slot), PAGE_GRAIN, PROT_NONE);
        /* Release: what the program did to the block lies before its next use. */
        atomic_store_explicit(&slots[slot].used, false, memory_order_release);
}

void guard_walk(heap_visit *visit, void *context)
{
        for (unsigned slot = 0; slot < GUARD_SLOTS; slot++) {
                uint64_t record = atomic_load_explicit(&slots[slot].record, memory_order_acquire);
                struct heap_visited visited = {.side = record};

                if (!atomic_load_explicit(&slots[slot].used, memory_order_relaxed) || !heap_record_in_use(record))
                        continue;
                visited.start = block_of(slot).start;
                visited.usable = block_of(slot).usable;
                visit(context, &visited);
        }
}
