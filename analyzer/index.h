/* A hash table of numbers. The things that are numbered lie with the caller, who compares and hashes them: so one array
 * of eight bytes a slot serves any kind of thing, and no thing needs memory of its own.
 *
 *      for (struct index_probe probe = {hash}; (number = index_next(index, &probe)) != INDEX_NONE;)
 *              if (it is the thing) return number;
 *      index_add(index, hash, count++);
 */
#ifndef ANALYZER_INDEX_H
#define ANALYZER_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index_slot {
        uint32_t hash;
        uint32_t number; /* plus 1; 0: empty */
};

struct index { /* all zeros: empty */
        struct index_slot *slot;
        size_t slot_count; /* a power of two */
        size_t count;
};

struct index_probe {
        uint32_t hash;
        size_t tried;
};

/* The next number that was added with this hash; INDEX_NONE: no more. */
static inline uint32_t index_next(const struct index *index, struct index_probe *probe)
{
        while (index->slot_count) {
                const struct index_slot *slot = &index->slot[(probe->hash + probe->tried) & (index->slot_count - 1)];

                if (!slot->number)
                        break;
                probe->tried++;
                if (slot->hash == probe->hash)
                        return slot->number - 1;
        }
        return INDEX_NONE;
}

void index_add(struct index *index, uint32_t hash, uint32_t number);
void index_free(struct index *index);

/* A good enough mixing of one more number into a hash. The upper half of the result is the better one. */
static inline uint64_t index_mix(uint64_t hash, uint64_t more)
{
        hash = (hash ^ more) * UINT64_C(0x9E3779B97F4A7C15);
        return hash ^ hash >> 29;
}

static inline uint32_t index_hash(uint64_t hash)
{
        return (uint32_t)(hash >> 32);
}

#endif
