/* Reads a profile, runs the analyses, prints what they found. */
#include "analyzer/commands/report.h"

#include "analyzer/analyses/analyses.h"
#include "analyzer/diag.h"
#include "analyzer/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: heaptap report [PROFILE|latest] [options]\n"
                            "Prints a profile again. Without PROFILE: heaptap.latest in this directory.";

/* heaptap.latest is a link; the report says what it leads to. */
static const char *profile_name(const char *path, char *buffer, size_t bytes)
{
        ssize_t length = readlink(path, buffer, bytes - 1);

        if (length <= 0)
                return path;
        buffer[length] = '\0';
        return buffer;
}

static int print(const char *path, FILE *out, const struct report_options *options,
                 const struct analysis_options *analysis)
{
        char name[PATH_MAX];
        struct findings findings = {0};
        struct profile *profile = profile_open(path);
        int status = 0;

        if (!profile_error(profile))
                analyses_run(profile, analysis, &findings);
        if (profile_error(profile)) {
                diag_warn("%s: %s", path, profile_error(profile));
                status = DIAG_EXIT_FAILURE;
        } else {
                report_write(&findings, profile_name(path, name, sizeof name), out, options);
                if (fflush(out) != 0) {
                        diag_warn("the report could not be written: %s", strerror(errno));
                        status = DIAG_EXIT_FAILURE;
                }
        }
        findings_free(&findings);
        profile_close(profile);
        return status;
}

int report_print(const char *profile_path, FILE *out, const struct report_options *options)
{
        return print(profile_path, out, options, &(struct analysis_options){0});
}

struct choice {
        const char *name;
        int value;
};

static int choose(const char *option, const char *given, const struct choice *choice)
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

static bool want_color(const char *given)
{
        static const struct choice choices[] = {{"auto", 0}, {"always", 1}, {"never", 2}, {NULL, 0}};
        int chosen = given ? choose("color", given, choices) : 0;
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        if (chosen != 0)
                return chosen == 1;
        return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

int command_report(int argc, char **argv)
{
        static const struct choice by_choices[] = {
                {"site", PLACES_BY_SITE}, {"function", PLACES_BY_FUNCTION}, {"module", PLACES_BY_MODULE}, {NULL, 0}};
        static const struct choice what_choices[] = {{"live", WHAT_LIVE},
                                                     {"peak", WHAT_PEAK},
                                                     {"alloc", WHAT_ALLOC},
                                                     {"growth", WHAT_GROWTH},
                                                     {"temporary", WHAT_TEMPORARY},
                                                     {"waste", WHAT_WASTE},
                                                     {NULL, 0}};
        const char *format = "text", *by = NULL, *what = NULL, *color = NULL;
        int top = -1;
        struct report_options options = {0};
        struct analysis_options analysis = {0};
        const struct option_spec spec[] = {
                {"format", 0, OPTION_TEXT, &format, "FORMAT", "text or json; default text"},
                {"top", 0, OPTION_NUMBER, &top, "N", "rows of each table, 0 for all; default 10 (json: all)"},
                {"full", 0, OPTION_FLAG, &options.full, NULL, "stacks with all their frames"},
                {"by", 0, OPTION_TEXT, &by, "WHAT", "add up by site, function or module; default site"},
                {"what", 0, OPTION_TEXT, &what, "WHAT", "one table: live, peak, alloc, growth, temporary or waste"},
                {"color", 0, OPTION_TEXT, &color, "WHEN", "always, never or auto; default auto"},
        };
        const char *path = NULL;

        /* options_parse ends at an operand; options may follow it. */
        for (int operand; argc > 1; argc -= operand, argv += operand) {
                operand = options_parse(usage, spec, sizeof spec / sizeof *spec, argc, argv);
                if (operand >= argc)
                        break;
                if (path)
                        diag_usage("report: one profile at a time, but there are %s and %s", path, argv[operand]);
                path = argv[operand];
                argv[operand] = argv[0];
        }
        if (!report_format_parse(format, &options.format))
                diag_usage("--format %s: there are text, json", format);
        options.top = top == 0 ? -1 : top < 0 ? 0 : top;
        options.color = want_color(color);
        analysis.by = by ? (enum places_by)choose("by", by, by_choices) : PLACES_BY_SITE;
        analysis.what = what ? (enum analysis_what)choose("what", what, what_choices) : WHAT_ALL;
        return print(!path || strcmp(path, "latest") == 0 ? "heaptap.latest" : path, stdout, &options, &analysis);
}
