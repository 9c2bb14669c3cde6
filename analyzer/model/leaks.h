/* What the scans for leaks of one process found: the last one whole, and of all of them how what is lost has grown.
 * Bounded by stacks, not by blocks or scans. */
#ifndef MODEL_LEAKS_H
#define MODEL_LEAKS_H

#include <uthash.h>

#include "wire/wire.h"

struct leak_key {
        uint32_t class, stack, root;
};

/* One row of a scan. */
struct leak {
        struct leak_key key;
        uint32_t flags;
        uint64_t blocks, bytes, usable;
        uint64_t first_ns, last_ns; /* births, since the process's start */
        UT_hash_handle hh;
};

/* How a row that is not reachable has grown from scan to scan. */
struct leak_trend {
        struct leak_key key;
        uint32_t scans;                   /* it was seen in */
        uint32_t rises;                   /* of those, had more blocks than the scan before */
        uint32_t latest;                  /* number of the last one */
        uint64_t base_ns, latest_ns;      /* CLOCK_MONOTONIC */
        uint64_t base_blocks, base_bytes; /* in the scan at base_ns: the first, or the one before it was first seen */
        uint64_t latest_blocks, latest_bytes;
        UT_hash_handle hh;
};

struct leak_scan {
        struct wire_leak_scan told;
        struct leak *rows; /* in order of arrival */
        struct wire_leak_chain *chain;
        size_t chain_count, chain_room;
};

enum {
        LEAKS_OPEN_MAX = 4, /* scans whose end has not come: what was told of more is lost */
        LEAKS_CHAINS_MAX = 1 << 16,
        LEAKS_SUPPRESSIONS_BYTES_MAX = 1 << 20,
};

struct leaks {
        struct leak_scan open[LEAKS_OPEN_MAX];
        size_t open_count;
        struct leak_scan last; /* the last whole one, or an incomplete one if there is no other; number 0: none */
        struct leak_trend *trends;
        uint32_t scans, incomplete; /* that have ended; of those, were not complete */
        uint64_t pause_max_ns;      /* of all of them */
        char *suppressions;         /* what the program says; NULL: nothing */
        size_t suppressions_bytes;
};

void leaks_row(struct leaks *leaks, const struct wire_leak *row);
void leaks_chain(struct leaks *leaks, const struct wire_leak_chain *chain);
void leaks_scan_end(struct leaks *leaks, const struct wire_leak_scan *scan);
void leaks_suppressions(struct leaks *leaks, const struct wire_suppressions *suppressions);
void leaks_free(struct leaks *leaks);

/* Blocks and bytes of all classes together. */
void leaks_scan_sum(const struct wire_leak_scan *scan, uint64_t *ret_blocks, uint64_t *ret_bytes);

/* What two rows have in common that turn out to be one. */
void leak_merge(struct leak *into, const struct leak *from);
void leak_trend_merge(struct leak_trend *into, const struct leak_trend *from);

#endif
