/* What the frames add up to: counters by process, site and time. Memory grows with sites, modules and bins, not with
 * events or live blocks.
 *
 * Feed frames with model_frame in any order, end with model_finish, then read the structs. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "analyzer/model/classes.h"
#include "analyzer/model/process.h"

struct model {
        struct clock clock;
        struct classes classes;
        struct process *processes; /* by number */
        struct process *latest;    /* of the last frame: frames of one process come in runs */

        uint64_t frames, frames_salvaged, frames_repeated, frames_damaged;
        uint64_t events; /* ALLOC and FREE */
        uint64_t bytes;  /* of all frames */
        uint64_t events_unknown_kind;
};

struct model *model_create(void);
void model_free(struct model *model);

/* One whole frame, header included. False: it is damaged; what stood before the damage has been counted. A frame that
 * came before is left out. */
bool model_frame(struct model *model, const uint8_t *frame, size_t byte_count, bool salvaged);

void model_rss(struct model *model, struct process *process, uint64_t time_ns, uint64_t rss_bytes, uint64_t rss_peak);
void model_finish(struct model *model); /* sorts the processes by number too */

struct process *model_process(const struct model *model, uint32_t number); /* NULL: none */
struct process *model_main(const struct model *model);                     /* the first one; NULL: nothing ever came */
uint64_t model_since_start(const struct model *model, uint64_t time_ns);
uint64_t model_bin(const struct model *model, const struct bin *bin); /* its number from 0 on, after model_finish */

#endif
