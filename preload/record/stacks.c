/* The chain of tables of stack hashes. */
#include "preload/record/stacks.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "preload/platform.h"
#include "preload/record/mappings.h"

enum { TABLES = 5, TABLE_BITS_FIRST = 14, TABLE_BITS_STEP = 2, PROBES = 24 };

struct table {
        _Atomic(_Atomic uint64_t *) slot; /* release: the memory is there, all zero */
        _Atomic uint32_t used;
        struct mapping mapping;
};

static struct table table[TABLES];

static uint32_t table_size(unsigned index)
{
        return UINT32_C(1) << (TABLE_BITS_FIRST + TABLE_BITS_STEP * index);
}

/* Ids of a table follow those of the tables before it; 0 is no stack. */
static uint32_t table_id_first(unsigned index)
{
        uint32_t first = 1;

        for (unsigned i = 0; i < index; i++)
                first += table_size(i);
        return first;
}

static bool table_open(unsigned index)
{
        size_t bytes = table_size(index) * sizeof(uint64_t);
        _Atomic uint64_t *none = NULL;
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        if (!atomic_compare_exchange_strong(&table[index].slot, &none, (_Atomic uint64_t *)memory))
                munmap(memory, bytes); /* another thread was quicker */
        else
                mappings_add(&table[index].mapping, memory, bytes);
        return true;
}

bool stacks_open(void)
{
        return table_open(0);
}

static unsigned table_newest(void)
{
        unsigned newest = 0;

        while (newest + 1 < TABLES && atomic_load_explicit(&table[newest + 1].slot, memory_order_relaxed))
                newest++;
        return newest;
}

static uint32_t table_search(unsigned index, uint64_t hash)
{
        _Atomic uint64_t *slot = atomic_load_explicit(&table[index].slot, memory_order_acquire);
        uint32_t mask = table_size(index) - 1;

        for (uint32_t i = 0; i < PROBES; i++) {
                uint32_t at = ((uint32_t)hash + i) & mask;
                uint64_t seen = atomic_load_explicit(&slot[at], memory_order_relaxed);

                if (seen == hash)
                        return table_id_first(index) + at;
                if (seen == 0)
                        return 0;
        }
        return 0;
}

/* 0: no room near the place of the hash. */
static uint32_t table_insert(unsigned index, uint64_t hash, bool *ret_new)
{
        _Atomic uint64_t *slot = atomic_load_explicit(&table[index].slot, memory_order_acquire);
        uint32_t mask = table_size(index) - 1;

        for (uint32_t i = 0; i < PROBES; i++) {
                uint32_t at = ((uint32_t)hash + i) & mask;
                uint64_t seen = 0;

                if (atomic_compare_exchange_strong(&slot[at], &seen, hash)) {
                        atomic_fetch_add_explicit(&table[index].used, 1, memory_order_relaxed);
                        *ret_new = true;
                        return table_id_first(index) + at;
                }
                if (seen == hash)
                        return table_id_first(index) + at;
        }
        return 0;
}

uint32_t stacks_intern(uint64_t hash, bool *ret_new)
{
        unsigned newest = table_newest();
        uint32_t id;

        *ret_new = false;
        for (unsigned i = newest + 1; i-- > 0;) {
                id = table_search(i, hash);
                if (LIKELY(id))
                        return id;
        }
        for (unsigned i = newest; i < TABLES; i++) {
                if (i > newest && !table_open(i))
                        return 0;
                /* Past five eighths the probes get long. */
                if (atomic_load_explicit(&table[i].used, memory_order_relaxed) > table_size(i) / 8 * 5)
                        continue;
                id = table_insert(i, hash, ret_new);
                if (id)
                        return id;
        }
        return 0;
}

uint64_t stacks_count(void)
{
        uint64_t count = 0;

        for (unsigned i = 0; i < TABLES; i++)
                count += atomic_load_explicit(&table[i].used, memory_order_relaxed);
        return count;
}

uint64_t stacks_bytes(void)
{
        uint64_t bytes = 0;

        for (unsigned i = 0; i < TABLES; i++)
                if (atomic_load_explicit(&table[i].slot, memory_order_relaxed))
                        bytes += table_size(i) * sizeof(uint64_t);
        return bytes;
}
