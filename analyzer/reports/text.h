/* What the files of the text report share. */
#ifndef ANALYZER_REPORTS_TEXT_H
#define ANALYZER_REPORTS_TEXT_H

#include "analyzer/reports/formats.h"

enum {
        TEXT_WIDTH = 120, /* what is longer is not wrapped, but it should be rare */
};

struct text {
        FILE *out;
        const struct report_options *options;
};

enum text_style {
        TEXT_TITLE,
        TEXT_WARNING,
        TEXT_HEADING,
        TEXT_NUMBER,
        TEXT_FILE,
};

void text_style(const struct text *text, enum text_style style);
void text_plain(const struct text *text);
void text_put(const struct text *text, const char *from); /* whatever could steer a terminal is shown, not done */
int text_columns(const char *text);                       /* of UTF-8 */

void text_stack(const struct text *text, const struct stack *stack, bool brief); /* the lines under a row */

#endif
