/* What numbers mean and how people read them: the one place where units become text. */
#ifndef ANALYZER_FINDINGS_UNIT_H
#define ANALYZER_FINDINGS_UNIT_H

#include <stdbool.h>
#include <stdint.h>

enum unit {
        UNIT_TEXT,
        UNIT_COUNT,
        UNIT_ID, /* a number that is a name: no separators, never added up */
        UNIT_BYTES,
        UNIT_NS,
        UNIT_RATIO,            /* a real number, 1 is 100 % */
        UNIT_BYTES_PER_SECOND, /* a real number */
        UNITS,
};

int64_t saturating_sum(int64_t a, int64_t b); /* nothing keeps the numbers of a damaged profile in bounds */

bool unit_is_real(enum unit unit); /* else whole numbers, but for UNIT_TEXT */

/* By value, so that a call can stand in the arguments of printf: unit_bytes(n).text */
struct unit_text {
        char text[40];
};

struct unit_text unit_count(int64_t count);       /* 12,345,678 */
struct unit_text unit_count_short(int64_t count); /* 24.7 M, for counts that nobody reads to the last digit */
struct unit_text unit_bytes(int64_t bytes);       /* 81.2 MiB */
struct unit_text unit_time(int64_t ns);           /* 7.3 s, 3 min 20 s */
struct unit_text unit_forecast(double seconds);   /* 11 h: a guess needs no minutes */
struct unit_text unit_ratio(double ratio);        /* 84.2 % */
struct unit_text unit_rate(double bytes_per_second);
struct unit_text unit_format(enum unit unit, int64_t whole, double real); /* any but UNIT_TEXT */

#endif
