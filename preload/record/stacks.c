/* The chain of tables of stack hashes. */
#include "preload/record/stacks.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "preload/platform.h"
#include "preload/record/mappings.h"

enum { TABLES = 7, TABLE_BITS_FIRST = 10, TABLE_BITS_STEP = 2, PROBES = 24 };

struct named {
        _Atomic uint64_t hash; /* 0: empty; never changes once it is set */
        _Atomic uint32_t id;   /* 0: not given yet */
        uint32_t reserved;
};

struct table {
        _Atomic(struct named *) slot; /* release: the memory is there, all zero */
        _Atomic uint32_t used;
        struct mapping mapping;
};

static struct table table[TABLES];
static _Atomic uint32_t ids; /* given */

static uint32_t table_size(unsigned index)
{
        return UINT32_C(1) << (TABLE_BITS_FIRST + TABLE_BITS_STEP * index);
}

static bool table_open(unsigned index)
{
        size_t bytes = table_size(index) * sizeof(struct named);
        struct named *none = NULL;
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return false;
        if (!atomic_compare_exchange_strong(&table[index].slot, &none, (struct named *)memory))
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

/* The id of a slot that has its hash. Whoever comes first gives it; nobody waits for the one who set the hash. */
static uint32_t named_id(struct named *named, bool *ret_new)
{
        uint32_t id = atomic_load_explicit(&named->id, memory_order_relaxed), none = 0;

        if (LIKELY(id))
                return id;
        id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed) + 1;
        if (!atomic_compare_exchange_strong(&named->id, &none, id))
                return none;
        *ret_new = true;
        return id;
}

static struct named *table_search(unsigned index, uint64_t hash)
{
        struct named *slot = atomic_load_explicit(&table[index].slot, memory_order_acquire);
        uint32_t mask = table_size(index) - 1;

        for (uint32_t i = 0; i < PROBES; i++) {
                struct named *named = &slot[((uint32_t)hash + i) & mask];
                uint64_t seen = atomic_load_explicit(&named->hash, memory_order_relaxed);

                if (seen == hash)
                        return named;
                if (seen == 0)
                        return NULL;
        }
        return NULL;
}

/* NULL: no room near the place of the hash. */
static struct named *table_insert(unsigned index, uint64_t hash)
{
        struct named *slot = atomic_load_explicit(&table[index].slot, memory_order_acquire);
        uint32_t mask = table_size(index) - 1;

        for (uint32_t i = 0; i < PROBES; i++) {
                struct named *named = &slot[((uint32_t)hash + i) & mask];
                uint64_t seen = 0;

                if (atomic_compare_exchange_strong(&named->hash, &seen, hash)) {
                        atomic_fetch_add_explicit(&table[index].used, 1, memory_order_relaxed);
                        return named;
                }
                if (seen == hash)
                        return named;
        }
        return NULL;
}

uint32_t stacks_intern(uint64_t hash, bool *ret_new)
{
        unsigned newest = table_newest();
        struct named *named;

        *ret_new = false;
        for (unsigned i = newest + 1; i-- > 0;) {
                named = table_search(i, hash);
                if (LIKELY(named))
                        return named_id(named, ret_new);
        }
        for (unsigned i = newest; i < TABLES; i++) {
                if (i > newest && !table_open(i))
                        return 0;
                /* Past five eighths the probes get long. */
                if (atomic_load_explicit(&table[i].used, memory_order_relaxed) > table_size(i) / 8 * 5)
                        continue;
                named = table_insert(i, hash);
                if (named)
                        return named_id(named, ret_new);
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
                        bytes += table_size(i) * sizeof(struct named);
        return bytes;
}
