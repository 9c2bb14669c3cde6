/* The peak of a process with several threads.
 *
 * Frames of different threads arrive in any order, so what seems to live while they are added up need never have lived
 * at one time. What lives at the end of a time bin does not depend on the order. Within a bin, each thread's events
 * are in order: the process can have risen at most by the sum of its threads' highest rises. So the true peak lies
 * between the largest end of a bin and the largest sum of a bin's begin and its rises. */
#ifndef MODEL_PEAK_H
#define MODEL_PEAK_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/model/clock.h"
#include "analyzer/model/series.h"

struct process;

/* Of one thread, in the bin of its latest event. */
struct rise {
        bool open;
        int64_t bin;
        unsigned doublings; /* of the clock, when the bin was numbered */
        int64_t net, max;   /* live bytes against the begin of the bin: now, and at most */
};

/* Adds what a thread has risen by to its bin of the process. */
void rise_close(struct rise *rise, struct series *process, const struct clock *clock);

/* Events of one thread, all in bin `number`, that changed the live bytes by `net` (wrapped around), and by `max` at
 * most on the way. */
static inline void rise_change(struct rise *rise, struct series *process, const struct clock *clock, int64_t number,
                               uint64_t net, int64_t max)
{
        if (!rise->open || rise->bin != number || rise->doublings != clock->doublings) {
                rise_close(rise, process, clock);
                *rise = (struct rise){.open = true, .bin = number, .doublings = clock->doublings};
        }
        max = (int64_t)((uint64_t)rise->net + (uint64_t)max);
        if (max > rise->max)
                rise->max = max;
        rise->net = (int64_t)((uint64_t)rise->net + net);
}

/* After the last event: settles peak and bound of the process, and what its sites held then. The order of arrival gives
 * the peak exactly for one thread; for several, it is kept if it is possible, and else the end of a bin is taken. The
 * sites' bins are those of site_clock, which may be wider: they are counted by their ends. */
void peak_finish(struct process *process, const struct clock *clock, const struct clock *site_clock);

#endif
