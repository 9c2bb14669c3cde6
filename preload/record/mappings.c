/* A list that only grows. */
#include "preload/record/mappings.h"

#include <stdatomic.h>

static _Atomic(struct mapping *) mappings;

void mappings_add(struct mapping *mapping, const void *start, size_t bytes)
{
        struct mapping *first = atomic_load_explicit(&mappings, memory_order_relaxed);

        mapping->start = start;
        mapping->bytes = bytes;
        do /* Release: pairs with mappings_first. */
                mapping->next = first;
        while (!atomic_compare_exchange_weak_explicit(&mappings, &first, mapping, memory_order_release,
                                                      memory_order_relaxed));
}

const struct mapping *mappings_first(void)
{
        /* Acquire: pairs with mappings_add. */
        return atomic_load_explicit(&mappings, memory_order_acquire);
}
