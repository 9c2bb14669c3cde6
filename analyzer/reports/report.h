/* Printing findings. One file a format, one list. No format knows what a table is about.
 *
 * The JSON is one object: "heaptap" (version), "profile", "shape" (1; raised when the meaning of a key changes; new
 * keys may come without), "warnings" (texts), "summary" (an object of facts), then for each table an array of objects
 * whose keys are the table's columns, "notes" (an object: for each table its notes) and "omitted" (an object: rows that
 * a limit left out, for tables where it did). Sizes are bytes, times nanoseconds since the start of the first process,
 * shares numbers from 0 to 1; what is not known is null. Where a table has stacks, a row has "stack", an array of
 * {"function", "file", "line", "module", "offset", "inlined"}, innermost first, and "stack_complete", which is false if
 * outer frames are missing. */
#ifndef ANALYZER_REPORTS_REPORT_H
#define ANALYZER_REPORTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/findings/table.h"

enum report_format {
        REPORT_TEXT,
        REPORT_JSON,
        REPORT_FORMATS,
};

struct report_options {
        enum report_format format;
        int top; /* rows of a table; 0: the format's own choice (text: 10, json: all); negative: all */
        bool color;
        bool full; /* text: all frames of a stack */
};

bool report_format_parse(const char *name, enum report_format *ret_format); /* false: no such format */

/* Rows that will be asked of a table, unless all of it is to be shown; 0: all. */
size_t report_rows(const struct report_options *options);

/* `profile` is how the profile is called in the report. The same findings give the same bytes. */
void report_write(const struct findings *findings, const char *profile, FILE *out,
                  const struct report_options *options);

#endif
