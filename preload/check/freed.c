/* One entry for each hash of an address. Two words, each with a check of the other, so that no lock is needed. */
#include "preload/check/freed.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

enum { ENTRY_BITS = 16 };

struct entry {
        _Atomic uint64_t address, stack; /* stack: the id, and above it a part of the address */
};

static struct entry *table;

bool freed_open(void)
{
        void *memory = mmap(NULL, sizeof *table << ENTRY_BITS, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        table = memory;
        return true;
}

static struct entry *entry_of(uint64_t address)
{
        return &table[address * UINT64_C(0x9e3779b97f4a7c15) >> (64 - ENTRY_BITS)];
}

static uint64_t check_of(uint64_t address)
{
        return address >> 4 << 32;
}

void freed_note(const void *start, uint32_t stack)
{
        uint64_t address = (uintptr_t)start;

        if (!table)
                return;
        atomic_store_explicit(&entry_of(address)->address, address, memory_order_relaxed);
        atomic_store_explicit(&entry_of(address)->stack, check_of(address) | stack, memory_order_relaxed);
}

uint32_t freed_stack(const void *start)
{
        uint64_t address = (uintptr_t)start, stack;

        if (!table || atomic_load_explicit(&entry_of(address)->address, memory_order_relaxed) != address)
                return 0;
        stack = atomic_load_explicit(&entry_of(address)->stack, memory_order_relaxed);
        return stack >> 32 == check_of(address) >> 32 ? (uint32_t)stack : 0;
}
