/* Reads a profile, runs the analyses, prints what they found. */
#include "analyzer/commands/report.h"

#include "analyzer/analyses/analyses.h"
#include "analyzer/analyses/proposals.h"
#include "analyzer/commands/profile_name.h"
#include "analyzer/commands/record.h"
#include "analyzer/commands/report_options.h"
#include "analyzer/diag.h"
#include "analyzer/input/raw.h"
#include "analyzer/options.h"
#include "analyzer/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
        "usage: heaptap report [PROFILE|RAW|latest] [options]\n"
        "Prints a profile again, or what a raw file holds. Without either: heaptap.latest in this directory.";

/* heaptap.latest is a link; the report says what it leads to. */
static const char *link_target(const char *path, char *buffer, size_t bytes)
{
        ssize_t length = readlink(path, buffer, bytes - 1);

        if (length <= 0)
                return path;
        buffer[length] = '\0';
        return buffer;
}

/* `shown`: what the report calls it. */
static int print(const char *path, const char *shown, FILE *out, const struct report_options *options,
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
                report_write(&findings, link_target(shown, name, sizeof name), out, options);
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
        return print(profile_path, profile_path, out, options,
                     &(struct analysis_options){.rows = report_rows(options)});
}

/* The file may be read-only, and where it lies as well. */
static char *passing_profile(void)
{
        const char *directory = getenv("TMPDIR");
        char *path = xasprintf("%s/heaptap.XXXXXX", directory && *directory ? directory : "/tmp");
        int fd = mkostemp(path, O_CLOEXEC);

        if (fd < 0)
                diag_die("%s cannot be made: %s; set TMPDIR to a directory where files can be made", path,
                         strerror(errno));
        close(fd);
        return path;
}

/* Makes a profile of the raw file: at `output`, or for as long as it takes to print it. */
static int print_raw(const char *path, const char *output, const struct report_options *options,
                     const struct analysis_options *analysis)
{
        char *profile = output ? xstrdup(output) : passing_profile();
        int status = record_file(path, profile);

        if (status == 0)
                status = print(profile, output ? output : path, stdout, options, analysis);
        if (!output)
                unlink(profile);
        free(profile);
        return status;
}

static const struct choice what_choices[] = {{"leaks", WHAT_LEAKS},         {"reachable", WHAT_REACHABLE},
                                             {"live", WHAT_LIVE},           {"peak", WHAT_PEAK},
                                             {"alloc", WHAT_ALLOC},         {"growth", WHAT_GROWTH},
                                             {"temporary", WHAT_TEMPORARY}, {"waste", WHAT_WASTE},
                                             {"advice", WHAT_ADVICE},       {NULL, 0}};

int report_print_what(const char *profile_path, const char *what, FILE *out)
{
        const struct report_options options = {.format = REPORT_TEXT};

        return print(profile_path, profile_path, out, &options,
                     &(struct analysis_options){.what = (enum analysis_what)choice_of("what", what, what_choices),
                                                .rows = report_rows(&options)});
}

static int propose_suppressions(const char *path, const struct suppressed_options *suppress)
{
        struct profile *profile = profile_open(path);
        bool good = !profile_error(profile);

        if (good)
                proposals_print(profile, suppress, stdout);
        good = !profile_error(profile);
        if (!good)
                diag_warn("%s: %s", path, profile_error(profile));
        profile_close(profile);
        return good && fflush(stdout) == 0 ? 0 : DIAG_EXIT_FAILURE;
}

int command_report(int argc, char **argv)
{
        struct option_texts suppressions = {0};
        const char *format = "text", *by = NULL, *what = NULL, *color = NULL, *output = NULL;
        bool force = false, propose = false;
        int top = -1;
        struct report_options options = {0};
        struct analysis_options analysis = {0};
        const struct option_spec spec[] = {
                {"format", 0, OPTION_TEXT, &format, "FORMAT", "text or json; default text"},
                {"top", 0, OPTION_NUMBER, &top, "N", "rows of each table, 0 for all; default 10 (json: all)"},
                {"full", 0, OPTION_FLAG, &options.full, NULL, "stacks with all their frames"},
                {"by", 0, OPTION_TEXT, &by, "WHAT", "add up by site, function or module; default site"},
                {"what", 0, OPTION_TEXT, &what, "WHAT",
                 "one table: leaks, reachable, live, peak, alloc, growth, temporary, waste or advice"},
                {"color", 0, OPTION_TEXT, &color, "WHEN", "always, never or auto; default auto"},
                {"suppressions", 0, OPTION_TEXTS, &suppressions, "FILE",
                 "leave out the leaks that FILE names, in place of what the run was given; several: once for each"},
                {"gen-suppressions", 0, OPTION_FLAG, &propose, NULL,
                 "print a suppression for each leak, and nothing else"},
                {"no-suppressions", 0, OPTION_FLAG, &analysis.suppress.none, NULL, "leave out nothing"},
                {"output", 'o', OPTION_TEXT, &output, "PROFILE", "of a raw file: keep the profile made of it"},
                {"force", 'f', OPTION_FLAG, &force, NULL, "overwrite a profile that exists"},
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
        report_options_settle(&options, format, top, color);
        analysis.by = by_of(by);
        analysis.what = what ? (enum analysis_what)choice_of("what", what, what_choices) : WHAT_ALL;
        analysis.rows = report_rows(&options);
        suppressions_load(&suppressions, &analysis.suppress);
        if (!path || strcmp(path, "latest") == 0)
                path = "heaptap.latest";
        if (propose && raw_is_path(path))
                diag_usage("--gen-suppressions needs a profile: make one of %s with heaptap report -o", path);
        if (propose)
                return propose_suppressions(path, &analysis.suppress);
        if (raw_is_path(path)) {
                if (output && !profile_name_check(output, force))
                        return DIAG_EXIT_FAILURE;
                return print_raw(path, output, &options, &analysis);
        }
        if (output)
                diag_usage("-o makes a profile of a raw file, but %s is none", path);
        return print(path, path, stdout, &options, &analysis);
}
