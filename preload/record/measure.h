/* Asking the analyzer what of our memory is resident, without a system call of ours (struct session_measure).
 *
 * One at a time in a session: measure_begin, measure_range for each range, measure_ask, then the questions, and
 * measure_end in any case. */
#ifndef PRELOAD_RECORD_MEASURE_H
#define PRELOAD_RECORD_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/record/recorder.h"

enum measure_detail {
        MEASURE_PAGES, /* each page is to be known */
        MEASURE_COUNT, /* how many are resident is enough */
};

bool measure_begin(void); /* false: nobody can be asked, or not by a forked child: a shell makes thousands of them */
void measure_range(const void *start, size_t bytes, enum measure_detail detail);
bool measure_ask(struct recorder *recorder); /* false: there was no answer in time, or not for so many ranges */
void measure_end(void);

/* One bit for each page from `start` on, which lies in a range with MEASURE_PAGES and at a multiple of 64 pages in it;
 * NULL: it was in none. */
const uint64_t *measure_pages(const void *start);
/* How many of these bytes were resident. In a range with MEASURE_COUNT: of the whole range, if it begins there. */
size_t measure_resident(const void *start, size_t bytes);

struct measure_rest {
        uint64_t rss, files, stack, anonymous;
};
struct measure_rest measure_rest(void); /* the process, and what of it lies outside of all ranges */

#endif
