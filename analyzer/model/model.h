/* What the frames add up to: counters by process, site and time. Memory grows with sites, modules and bins, not with
 * events or live blocks.
 *
 * Feed frames with model_frame in any order, end with model_finish, then read the structs. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "analyzer/model/classes.h"
#include "analyzer/model/process.h"

enum { MODEL_SITE_BINS_MAX = 1000000 }; /* of all sites together, before theirs get wider */

struct tally;

struct model {
        struct clock clock;
        struct clock site_clock; /* of the same bins, or of wider ones when there are many sites */
        size_t site_bins;        /* of all sites, about */
        struct classes classes;
        struct process *processes; /* by number */
        struct process *latest;    /* of the last frame: frames of one process come in runs */
        struct tally *tally;

        uint64_t frames, frames_salvaged, frames_repeated, frames_damaged, frames_unshared;
        uint64_t events; /* ALLOC and FREE */
        uint64_t bytes;  /* of all frames */
        uint64_t events_unknown_kind;
};

struct model *model_create(void);
void model_free(struct model *model);

/* One whole frame, header included. False: it is damaged; what stood before the damage has been counted. A frame that
 * came before is left out. */
bool model_frame(struct model *model, const uint8_t *frame, size_t byte_count, bool salvaged);
/* Nothing that the frame's thread has sent before it is still to come. */
bool model_frame_follows(struct model *model, const uint8_t *frame, size_t byte_count);

void model_rss(struct model *model, struct process *process, uint64_t time_ns, uint64_t rss_bytes, uint64_t rss_peak);
void model_finish(struct model *model); /* sorts the processes by number too */

struct process *model_process(const struct model *model, uint32_t number); /* NULL: none */
struct process *model_main(const struct model *model);                     /* the first one; NULL: nothing ever came */
uint64_t model_since_start(const struct model *model, uint64_t time_ns);

/* After model_finish: the number of a process's bin from 0 on, and the one at which a site's bin ends. */
uint64_t model_bin(const struct model *model, const struct bin *bin);
uint64_t model_site_bin(const struct model *model, const struct site_bin *bin);

/* Between batches: makes the bins of all sites wider when there are too many. */
void model_site_bins_limit(struct model *model);
/* Before something is counted at a site in bin `number` on model->clock. */
void model_site_open_slow(struct model *model, struct site *site, int64_t number);
static inline void model_site_open(struct model *model, struct site *site, int64_t number)
{
        const struct clock *wide = &model->site_clock;

        /* It may be behind: the clock of the processes can have doubled with the event at hand. */
        if (wide->doublings < model->clock.doublings ||
            !site_bin_is_open(site, wide, number >> (wide->doublings - model->clock.doublings)))
                model_site_open_slow(model, site, number);
}

#endif
