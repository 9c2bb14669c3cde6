/* The counting of a process that records a sample: each of its blocks stands for wire_weight blocks like it.
 *
 * While the stream is read, all that is counted of such a process and its sites and threads is in units of 1 /
 * WIRE_WEIGHT_ONE, so that sums are exact and do not depend on the order of events; sampled_finish brings it to whole
 * numbers. Beside the sums of a site stands their variance. For a block of n bytes of which the sample takes the share
 * p, that of its estimate is n^2 (1 - p) / p, of which n^2 (1 - p) / p^2 for each block that was taken is an unbiased
 * estimate (Horvitz and Thompson, JASA 47, 1952). It is never more than the square of the sampling rate. */
#ifndef MODEL_SAMPLED_H
#define MODEL_SAMPLED_H

#include "analyzer/model/tally.h"

enum { SAMPLED_SPREAD_ONE = 1 << 20 };

/* What a site of such a process has more. The spreads are variances of bytes in units of rate^2 / SAMPLED_SPREAD_ONE.
 */
struct site_sample {
        uint32_t stack;
        uint64_t taken; /* allocations and resizes, none of them multiplied */
        uint64_t requested_spread;
        int64_t live_spread, peak_spread;
        double allocations_variance; /* resizes not included */
        UT_hash_handle hh;
};

void sampled_rate(struct process *process, uint64_t rate); /* the process tells it in each frame */
void sampled_count(struct place *place, const struct decode *decode, const decode_block *block, size_t count);
void sampled_walk_live(const struct process *process, struct wire_live *live); /* gives it its weight */

/* NULL: the site is not of a sample. */
struct site_sample *sampled_site(const struct process *process, const struct site *site);
void sampled_before_change(const struct process *process, const struct site *site); /* before site_before_change */
void sampled_merge(struct process *process, const struct site *site, const struct site *from); /* as site_merge */
void sampled_finish(struct process *process); /* after process_finish */
void sampled_free(struct process *process);

#endif
