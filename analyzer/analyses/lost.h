/* What the scans for leaks call lost, by place: what was suppressed is left out, and what hangs on a lost block is with
 * it. */
#ifndef ANALYZER_ANALYSES_LOST_H
#define ANALYZER_ANALYSES_LOST_H

#include "analyzer/analyses/places.h"
#include "analyzer/analyses/suppressed.h"

enum lost_class {
        LOST_DEFINITE,
        LOST_POSSIBLE,
        LOST_INDIRECT,
        LOST_REACHABLE,
        LOST_CLASSES,
};

enum { LOST_CYCLE = 1, LOST_UNSURE = 2 };                                           /* flags of a leak in the profile */
enum { SCAN_IN_PLACE = 1, SCAN_INCOMPLETE = 2, SCAN_PTRACE = 4, SCAN_RUNNING = 8 }; /* and of a scan */

struct lost_sum {
        int64_t blocks, bytes;
};

/* What hangs on the lost blocks of a place: only they point there. */
struct lost_held {
        const struct stack *stack;
        struct lost_sum sum;
        bool cycle; /* some of these point back at their root */
};

struct lost_place {
        enum lost_class class;             /* INDIRECT: what they hang on is not told */
        const struct stack *stack, *whole; /* whole: also if places are told apart by less; of the first row */
        struct lost_sum sum;
        int64_t first_ns, last_ns; /* births */
        unsigned flags;
        bool main;              /* lost by the main process */
        double rate;            /* bytes per second, if more came from scan to scan, with what hangs on them; else 0 */
        struct lost_held *held; /* most bytes first */
        size_t held_count;
        struct lost_sum held_sum;
};

struct lost_scan {
        int64_t process, pid, number, flags, threads, threads_silent, time_ns, pause_ns, pause_max_ns, scan_ns;
        int64_t root_bytes, heap_bytes, scans;
        struct lost_sum sum[LOST_CLASSES]; /* as the scan counted, with what is suppressed */
        char why[16], walk[16];
};

struct lost {
        struct lost_scan *scan; /* by process; incomplete ones too */
        size_t scan_count;
        const struct lost_scan *main; /* of the main process, if it is complete; else NULL */
        bool known;                   /* there is a complete one of any process */
        struct lost_place *place; /* in the order of the report: definite before possible, what keeps coming first */
        size_t place_count;
        struct lost_sum sum[LOST_CLASSES], main_sum[LOST_CLASSES]; /* without what is suppressed */
};

/* Asks `suppressed` once for each row. */
void lost_load(struct profile *profile, struct places *places, struct suppressed *suppressed, struct lost *ret);
void lost_free(struct lost *lost);

#endif
