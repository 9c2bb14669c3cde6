/* The time bins of a site. A run may have hundreds of thousands of sites with hundreds of bins each, and hardly any bin
 * is looked at again: so all but the latest are kept as a few bytes each, and are taken out again for what comes late.
 */
#ifndef MODEL_SITE_BINS_H
#define MODEL_SITE_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/model/clock.h"

/* What happened in one time bin. Both halves of a resize included, so that the difference is what lives. */
struct site_bin {
        uint64_t allocations : 48;
        int64_t number : 16; /* there are CLOCK_BINS_MAX */
        uint64_t frees, requested, freed;
};

struct site_bins; /* NULL: there are none */

size_t site_bins_count(const struct site_bins *bins);
void site_bins_free(struct site_bins *bins);

/* By number, rising: ret_bin has room for CLOCK_BINS_MAX, and as many as are returned are written. */
size_t site_bins_list(const struct site_bins *bins, struct site_bin *ret_bin);

/* Stops counting in the bin that is open, if any, and goes on in that of this number. `now` is what has been counted at
 * the site altogether (its number does not matter). True: there was no such bin. */
bool site_bins_open(struct site_bins **bins, const struct site_bin *now, int64_t number);
void site_bins_close(struct site_bins *bins, const struct site_bin *now);

/* The following are for bins of which none is open. */
void site_bins_widen(struct site_bins *bins, unsigned shift);                    /* merges 2^shift into one */
void site_bins_add(struct site_bins **bins, const struct site_bin *more);        /* to the bin of that number */
void site_bins_edit(struct site_bins *bins, void (*edit)(struct site_bin *bin)); /* each; numbers stay */

#endif
