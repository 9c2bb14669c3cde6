/* What the program did wrong with blocks: one row for each kind of error at the same stacks, with a count. */
#ifndef MODEL_ERRORS_H
#define MODEL_ERRORS_H

#include <uthash.h>

#include "wire/wire.h"

/* What makes two errors the same. */
struct error_key {
        uint32_t kind, call, stack, alloc_stack, free_stack;
};

struct error {
        struct error_key key;
        struct wire_error first; /* for address, sizes and the like */
        uint32_t thread;         /* of the first */
        uint64_t first_ns, last_ns;
        uint64_t count;
        UT_hash_handle hh;
};

/* The latest that is known of each slot for guarded blocks. */
struct guarded {
        bool told;
        struct wire_guarded latest;
};
void guarded_add(struct guarded **slots, const struct wire_guarded *guarded); /* the array is NULL at first */

/* Adds one that happened in a thread. The list is NULL at first. */
void errors_add(struct error **errors, const struct wire_error *error, uint32_t thread, uint64_t time_ns);
void errors_free(struct error **errors);

#endif
