/* What the pools gave back to the kernel, and the limits that held meanwhile. Bounded: after PURGING_LIMITS changes the
 * later ones share one place. */
#ifndef MODEL_PURGING_H
#define MODEL_PURGING_H

#include "wire/wire.h"

enum { PURGING_LIMITS = 200 };

struct purges {
        uint64_t purges, bytes, ns, refaulted_bytes;
};

/* One change of the limits, and what was purged until the next one. */
struct purging_period {
        bool told;                 /* the change itself has come */
        struct wire_limits limits; /* of the last change that shares this place */
        struct purges purges[WIRE_PURGES];
};

struct purging {
        struct purging_period *period; /* in order of their changes; the first is what was configured */
        size_t count, room;
};

void purging_free(struct purging *purging);
void purging_limits(struct purging *purging, const struct wire_limits *limits);
void purging_purged(struct purging *purging, const struct wire_purged *purged);

#endif
