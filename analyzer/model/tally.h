/* Counts blocks in batches: all events of one thread between two changes of the time.
 *
 * Counting changes many numbers, and most events of a batch change the same ones. So for each pair of stack and size
 * the events are only numbered by kind, and site, thread, process and time bins are changed once for each pair or
 * batch. What depends on the order of events is what lived at most. Within a batch only the last new peak of the
 * process matters; it is where the running sum is highest first. The batch is cut there and counted in two parts, each
 * of them in any order. */
#ifndef MODEL_TALLY_H
#define MODEL_TALLY_H

#include "analyzer/model/model.h"
#include "wire/decode.h"

/* Where in the stream we are. */
struct place {
        struct model *model;
        struct process *process;
        struct thread *thread;
        uint32_t sequence;
        uint64_t time_ns;
        bool bin_known; /* not yet after the time has changed */
        int64_t bin;
};

int64_t place_bin(struct place *place); /* its time bin, which is noted there */

struct tally *tally_create(void);
void tally_free(struct tally *tally);

void tally_begin(struct tally *tally); /* a frame: what it names in full is numbered anew */
void tally_classes(struct tally *tally, const struct classes *classes, const struct decode *decode); /* have changed */

/* The room for the events that tally_count takes. */
decode_block *tally_blocks(struct tally *tally);
void tally_count(struct tally *tally, struct place *place, const struct decode *decode, size_t block_count);

#endif
