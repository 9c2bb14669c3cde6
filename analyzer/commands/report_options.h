/* What the options of report and diff mean. A mistake exits with 2 and says what there is. */
#ifndef ANALYZER_COMMANDS_REPORT_OPTIONS_H
#define ANALYZER_COMMANDS_REPORT_OPTIONS_H

#include "analyzer/analyses/places.h"
#include "analyzer/analyses/suppressed.h"
#include "analyzer/options.h"
#include "analyzer/reports/report.h"

struct choice {
        const char *name; /* NULL: the last */
        int value;
};

int choice_of(const char *option, const char *given, const struct choice *choice);

enum places_by by_of(const char *given); /* NULL: by site */

/* `top`: -1 if it was not given; `color`: NULL if not. */
void report_options_settle(struct report_options *options, const char *format, int top, const char *color);

/* Without files, those that the environment names. The texts are never freed. */
void suppressions_load(struct option_texts *files, struct suppressed_options *options);

#endif
