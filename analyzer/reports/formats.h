/* What every format is called, and what they share. */
#ifndef ANALYZER_REPORTS_FORMATS_H
#define ANALYZER_REPORTS_FORMATS_H

#include "analyzer/reports/report.h"

/* options->top is settled: 0 is all. */
void report_text(const struct findings *findings, const char *profile, FILE *out, const struct report_options *options);
void report_json(const struct findings *findings, const char *profile, FILE *out, const struct report_options *options);

size_t rows_shown(const struct table *table, const struct report_options *options);

/* The bytes of the character at `text`, which is not at its end; 0: they are no UTF-8. */
size_t utf8_bytes(const char *text);

#endif
