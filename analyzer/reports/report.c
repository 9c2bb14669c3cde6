/* The list of formats. */
#include "analyzer/reports/formats.h"

#include <string.h>

static const struct format {
        const char *name;
        int top; /* rows of a table if nobody asked for a number; 0: all */
        void (*write)(const struct findings *findings, const char *profile, FILE *out,
                      const struct report_options *options);
} formats[REPORT_FORMATS] = {
        [REPORT_TEXT] = {"text", 10, report_text},
        [REPORT_JSON] = {"json", 0, report_json},
};

bool report_format_parse(const char *name, enum report_format *ret_format)
{
        for (enum report_format format = 0; format < REPORT_FORMATS; format++) {
                if (strcmp(name, formats[format].name) == 0) {
                        *ret_format = format;
                        return true;
                }
        }
        return false;
}

size_t report_rows(const struct report_options *options)
{
        if (options->top > 0)
                return (size_t)options->top;
        return options->top ? 0 : (size_t)formats[options->format].top;
}

void report_write(const struct findings *findings, const char *profile, FILE *out, const struct report_options *options)
{
        struct report_options settled = *options;

        settled.top = (int)report_rows(options);
        formats[settled.format].write(findings, profile, out, &settled);
}

size_t rows_shown(const struct table *table, const struct report_options *options)
{
        if (options->top == 0 || table->whole || table->row_count <= (size_t)options->top)
                return table->row_count;
        return (size_t)options->top;
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF are no UTF-8. */
size_t utf8_bytes(const char *text)
{
        const unsigned char *at = (const unsigned char *)text;
        unsigned char low = 0x80, high = 0xbf; /* of the second byte */
        size_t bytes;

        if (at[0] < 0x80)
                return 1;
        if (at[0] < 0xc2 || at[0] > 0xf4)
                return 0;
        bytes = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
        if (at[0] == 0xe0)
                low = 0xa0;
        else if (at[0] == 0xed)
                high = 0x9f;
        else if (at[0] == 0xf0)
                low = 0x90;
        else if (at[0] == 0xf4)
                high = 0x8f;
        for (size_t i = 1; i < bytes; i++) {
                if (at[i] < low || at[i] > high)
                        return 0;
                low = 0x80;
                high = 0xbf;
        }
        return bytes;
}
