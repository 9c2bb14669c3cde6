/* The chain of tables of ids by hash, and the hashes by id: hashed tables are spread over all their pages, so they hold
 * as little as can be. */
#include "preload/record/stacks.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#include "preload/platform.h"
#include "preload/record/mappings.h"

enum {
        TABLES = 6,
        TABLE_BITS_FIRST = 12,
        TABLE_BITS_STEP = 2,
        PROBES = 24,
        ID_BITS = 26, /* of a slot; above them lie bits of the hash */
        CHUNK_BITS = 14,
        CHUNKS = 1 << 8,
        IDS_MAX = CHUNKS << CHUNK_BITS,
};

struct table {
        _Atomic(_Atomic uint32_t *) slot; /* release: the memory is there, all zero */
        _Atomic uint32_t used;
        struct mapping mapping;
};

/* The hashes by id. */
struct chunk {
        _Atomic(_Atomic uint64_t *) hash; /* as slot */
        struct mapping mapping;
};

static struct table table[TABLES];
static struct chunk chunk[CHUNKS];
static _Atomic uint32_t ids;    /* given, and those that were left out */
static _Atomic uint32_t newest; /* table that is open: all before it are */

static uint32_t table_size(unsigned index)
{
        return UINT32_C(1) << (TABLE_BITS_FIRST + TABLE_BITS_STEP * index);
}

static void *map(size_t bytes)
{
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        return memory == MAP_FAILED ? NULL : memory;
}

static void raise_newest(uint32_t index)
{
        uint32_t seen = atomic_load_explicit(&newest, memory_order_relaxed);

        while (seen < index && !atomic_compare_exchange_weak(&newest, &seen, index))
                ;
}

static bool table_open(unsigned index)
{
        size_t bytes = table_size(index) * sizeof(uint32_t);
        _Atomic uint32_t *none = NULL;
        void *memory = map(bytes);

        if (!memory)
                return false;
        if (!atomic_compare_exchange_strong(&table[index].slot, &none, (_Atomic uint32_t *)memory))
                munmap(memory, bytes); /* another thread was quicker */
        else
                mappings_add(&table[index].mapping, memory, bytes);
        raise_newest(index);
        return true;
}

static bool chunk_open(unsigned index)
{
        size_t bytes = sizeof(uint64_t) << CHUNK_BITS;
        _Atomic uint64_t *none = NULL;
        void *memory;

        if (atomic_load_explicit(&chunk[index].hash, memory_order_acquire))
                return true;
        memory = map(bytes);
        if (!memory)
                return false;
        if (!atomic_compare_exchange_strong(&chunk[index].hash, &none, (_Atomic uint64_t *)memory))
                munmap(memory, bytes);
        else
                mappings_add(&chunk[index].mapping, memory, bytes);
        return true;
}

bool stacks_open(void)
{
        return table_open(0) && chunk_open(0);
}

static _Atomic uint64_t *hash_of(uint32_t id)
{
        return &atomic_load_explicit(&chunk[id >> CHUNK_BITS].hash, memory_order_relaxed)[id & ((1 << CHUNK_BITS) - 1)];
}

/* What a slot holds of a stack besides its id, so that few others are looked at. */
static uint32_t tag_of(uint64_t hash)
{
        return (uint32_t)(hash >> 32) >> ID_BITS << ID_BITS;
}

/* The id in a slot that is not empty, if its stack has that hash; or 0. */
static inline __attribute__((always_inline)) uint32_t slot_id(uint32_t seen, uint64_t hash)
{
        uint32_t id = seen & ((UINT32_C(1) << ID_BITS) - 1);

        if ((seen ^ tag_of(hash)) >> ID_BITS)
                return 0;
        return atomic_load_explicit(hash_of(id), memory_order_relaxed) == hash ? id : 0;
}

static uint32_t table_search(unsigned index, uint64_t hash)
{
        _Atomic uint32_t *slot = atomic_load_explicit(&table[index].slot, memory_order_acquire);
        uint32_t mask = table_size(index) - 1;

        for (uint32_t i = 0; i < PROBES; i++) {
                /* Acquire: who sees the id sees its hash. */
                uint32_t seen = atomic_load_explicit(&slot[((uint32_t)hash + i) & mask], memory_order_acquire);
                uint32_t id;

                if (seen == 0)
                        return 0;
                id = slot_id(seen, hash);
                if (id)
                        return id;
        }
        return 0;
}

/* Puts a new id into the table, or finds the one that another thread has put there meanwhile. 0: no room near the place
 * of the hash. */
static uint32_t table_insert(unsigned index, uint64_t hash, uint32_t id)
{
        _Atomic uint32_t *slot = atomic_load_explicit(&table[index].slot, memory_order_acquire);
        uint32_t mask = table_size(index) - 1;

        for (uint32_t i = 0; i < PROBES; i++) {
                uint32_t seen = 0, other;

                if (atomic_compare_exchange_strong(&slot[((uint32_t)hash + i) & mask], &seen, tag_of(hash) | id)) {
                        atomic_fetch_add_explicit(&table[index].used, 1, memory_order_relaxed);
                        return id;
                }
                other = slot_id(seen, hash);
                if (other)
                        return other;
        }
        return 0;
}

/* The first table from `index` on that may be filled further; TABLES: none. Past five eighths the probes get long. */
static unsigned table_with_room(unsigned index)
{
        for (; index < TABLES; index++) {
                if (!atomic_load_explicit(&table[index].slot, memory_order_relaxed) && !table_open(index))
                        break;
                if (atomic_load_explicit(&table[index].used, memory_order_relaxed) <= table_size(index) / 8 * 5)
                        return index;
        }
        return TABLES;
}

static COLD uint32_t intern_new(uint64_t hash, unsigned index, bool *ret_new)
{
        uint32_t id = 0, found = 0;

        while (!found && (index = table_with_room(index)) < TABLES) {
                if (!id) {
                        if (atomic_load_explicit(&ids, memory_order_relaxed) >= IDS_MAX - 4096) /* many may be here */
                                return 0;
                        id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed) + 1;
                        if (!chunk_open(id >> CHUNK_BITS))
                                return 0;
                        atomic_store_explicit(hash_of(id), hash, memory_order_relaxed);
                }
                found = table_insert(index++, hash, id);
        }
        *ret_new = found && found == id;
        return found;
}

static inline uint32_t find(uint64_t hash, unsigned latest)
{
        for (unsigned i = latest + 1; i-- > 0;) {
                uint32_t id = table_search(i, hash);

                if (LIKELY(id))
                        return id;
        }
        return 0;
}

uint32_t stacks_find(uint64_t hash)
{
        return find(hash, atomic_load_explicit(&newest, memory_order_acquire));
}

uint32_t stacks_intern(uint64_t hash, bool *ret_new)
{
        unsigned latest = atomic_load_explicit(&newest, memory_order_acquire);
        uint32_t id = find(hash, latest);

        *ret_new = false;
        return LIKELY(id) ? id : intern_new(hash, latest, ret_new);
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
                        bytes += table_size(i) * sizeof(uint32_t);
        for (unsigned i = 0; i < CHUNKS; i++)
                if (atomic_load_explicit(&chunk[i].hash, memory_order_relaxed))
                        bytes += sizeof(uint64_t) << CHUNK_BITS;
        return bytes;
}
