/* Words to values. */
#include "analyzer/commands/report_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/commands/suppress_file.h"
#include "analyzer/diag.h"
#include "analyzer/xalloc.h"

int choice_of(const char *option, const char *given, const struct choice *choice)
{
        char list[128] = "";
        size_t length = 0;

        for (size_t i = 0; choice[i].name; i++) {
                if (strcmp(given, choice[i].name) == 0)
                        return choice[i].value;
                length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", choice[i].name);
        }
        diag_usage("--%s %s: there are %s", option, given, list);
}

enum places_by by_of(const char *given)
{
        static const struct choice choices[] = {
                {"site", PLACES_BY_SITE}, {"function", PLACES_BY_FUNCTION}, {"module", PLACES_BY_MODULE}, {NULL, 0}};

        return given ? (enum places_by)choice_of("by", given, choices) : PLACES_BY_SITE;
}

static bool want_color(const char *given)
{
        static const struct choice choices[] = {{"auto", 0}, {"always", 1}, {"never", 2}, {NULL, 0}};
        int chosen = given ? choice_of("color", given, choices) : 0;
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        if (chosen != 0)
                return chosen == 1;
        return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

void report_options_settle(struct report_options *options, const char *format, int top, const char *color)
{
        if (!report_format_parse(format, &options->format))
                diag_usage("--format %s: there are text, json", format);
        options->top = top == 0 ? -1 : top < 0 ? 0 : top;
        options->color = want_color(color);
}

void suppressions_load(struct option_texts *files, struct suppressed_options *options)
{
        const char *others = getenv("HEAPTAP_SUPPRESSIONS");

        if (!files->count && others)
                option_texts_split(files, others);

        struct suppress_text *text = xcalloc(files->count + 1, sizeof *text);

        for (size_t i = 0; i < files->count; i++) {
                text[i] = (struct suppress_text){files->text[i], suppress_file_read(files->text[i])};
                if (!text[i].text)
                        exit(DIAG_EXIT_USAGE);
        }
        options->text = files->count ? text : NULL;
        options->text_count = files->count;
}
