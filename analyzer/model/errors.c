/* A hash table by kind and stacks, in order of appearance. */
#include "analyzer/model/errors.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

static struct error *find(struct error *errors, const struct error_key *key)
{
        struct error *error;
        uint8_t bytes[sizeof *key];

        memcpy(bytes, key, sizeof bytes);
        HASH_FIND(hh, errors, bytes, sizeof bytes, error);
        return error;
}

void errors_add(struct error **errors, const struct wire_error *told, uint32_t thread, uint64_t time_ns)
{
        const struct error_key key = {told->kind, told->call, told->stack, told->alloc_stack, told->free_stack};
        struct error *error = find(*errors, &key);

        if (!error) {
                error = xcalloc(1, sizeof *error);
                error->key = key;
                error->first = *told;
                error->thread = thread;
                error->first_ns = time_ns;
                HASH_ADD(hh, *errors, key, sizeof key, error);
        }
        error->count++;
        error->last_ns = time_ns;
}

void errors_free(struct error **errors)
{
        struct error *error, *next;

        HASH_ITER(hh, *errors, error, next) {
                HASH_DEL(*errors, error);
                free(error);
        }
}

void guarded_add(struct guarded **slots, const struct wire_guarded *guarded)
{
        struct guarded *slot;

        if (guarded->slot >= WIRE_GUARDED_SLOTS_MAX)
                return;
        if (!*slots)
                *slots = xcalloc(WIRE_GUARDED_SLOTS_MAX, sizeof **slots);
        slot = *slots + guarded->slot;
        if (slot->told && slot->latest.number > guarded->number)
                return;
        slot->told = true;
        slot->latest = *guarded;
}
