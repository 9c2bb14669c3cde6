/* One place for each change, grown as they come. */
#include "analyzer/model/purging.h"

#include <stdlib.h>

#include "analyzer/xalloc.h"

void purging_free(struct purging *purging)
{
        free(purging->period);
}

static struct purging_period *period_at(struct purging *purging, uint32_t number)
{
        size_t place = number < PURGING_LIMITS ? number : PURGING_LIMITS;

        while (purging->count <= place) {
                purging->period = xgrow(purging->period, purging->count, &purging->room, sizeof(struct purging_period));
                purging->period[purging->count++] = (struct purging_period){.told = false};
        }
        return &purging->period[place];
}

void purging_limits(struct purging *purging, const struct wire_limits *limits)
{
        struct purging_period *period = period_at(purging, limits->number);

        if (period->told && limits->number < period->limits.number)
                return; /* frames come in any order */
        period->told = true;
        period->limits = *limits;
}

void purging_purged(struct purging *purging, const struct wire_purged *purged)
{
        struct purging_period *period = period_at(purging, purged->number);
        struct purges *purges = &period->purges[purged->why < WIRE_PURGES ? purged->why : WIRE_PURGE_OTHER];

        purges->purges += purged->purges;
        purges->bytes += purged->bytes;
        purges->ns += purged->ns;
        purges->refaulted_bytes += purged->refaulted_bytes;
}
