/* Reads two profiles, compares them, prints what differs. */
#include "analyzer/commands/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/compare.h"
#include "analyzer/commands/report_options.h"
#include "analyzer/diag.h"
#include "analyzer/input/raw.h"
#include "analyzer/options.h"

enum { OLD, NEW, SIDES };

static const char usage[] = "usage: heaptap diff OLD NEW [options]\n"
                            "Compares two profiles: of two runs, of two builds, or two snapshots of one run.";

static bool both_are_good(struct profile *const profile[SIDES], const char *const path[SIDES])
{
        bool good = true;

        for (int which = 0; which < SIDES; which++)
                if (profile_error(profile[which])) {
                        diag_warn("%s: %s", path[which], profile_error(profile[which]));
                        good = false;
                }
        return good;
}

static int print(const char *const path[SIDES], const struct compare_options *compare,
                 const struct report_options *options)
{
        struct profile *profile[SIDES] = {profile_open(path[OLD]), profile_open(path[NEW])};
        struct findings findings = {0};
        int status = DIAG_EXIT_FAILURE;

        if (both_are_good(profile, path)) {
                compare_run(profile, path, compare, &findings);
                if (both_are_good(profile, path)) {
                        report_write(&findings, path[NEW], stdout, options);
                        status = 0;
                }
        }
        if (fflush(stdout) != 0) {
                diag_warn("the comparison could not be written: %s", strerror(errno));
                status = DIAG_EXIT_FAILURE;
        }
        findings_free(&findings);
        for (int which = 0; which < SIDES; which++)
                profile_close(profile[which]);
        return status;
}

int command_diff(int argc, char **argv)
{
        static const struct choice what_choices[] = {{"live", COMPARE_LIVE},
                                                     {"peak", COMPARE_PEAK},
                                                     {"alloc", COMPARE_ALLOCATED},
                                                     {"leaks", COMPARE_LEAKS},
                                                     {NULL, 0}};
        const char *format = "text", *by = NULL, *what = NULL, *color = NULL, *path[SIDES];
        struct option_texts suppressions = {0};
        struct report_options options = {0};
        struct compare_options compare = {0};
        int top = -1, count = 0;
        const struct option_spec spec[] = {
                {"format", 0, OPTION_TEXT, &format, "FORMAT", "text or json; default text"},
                {"top", 0, OPTION_NUMBER, &top, "N", "rows of each table, 0 for all; default 10 (json: all)"},
                {"full", 0, OPTION_FLAG, &options.full, NULL, "stacks with all their frames"},
                {"by", 0, OPTION_TEXT, &by, "WHAT", "add up by site, function or module; default site"},
                {"what", 0, OPTION_TEXT, &what, "WHAT", "one table: live, peak, alloc or leaks"},
                {"color", 0, OPTION_TEXT, &color, "WHEN", "always, never or auto; default auto"},
                {"suppressions", 0, OPTION_TEXTS, &suppressions, "FILE",
                 "leave out the leaks that FILE names, in place of what the runs were given; several: once for each"},
                {"no-suppressions", 0, OPTION_FLAG, &compare.suppress.none, NULL, "leave out nothing"},
        };

        for (int operand; argc > 1; argc -= operand, argv += operand) {
                operand = options_parse(usage, spec, sizeof spec / sizeof *spec, argc, argv);
                if (operand >= argc)
                        break;
                if (count < SIDES)
                        path[count++] = argv[operand];
                else
                        diag_usage("diff compares two profiles, but there is %s as well", argv[operand]);
                argv[operand] = argv[0];
        }
        if (count < SIDES)
                diag_usage("diff takes two profiles, the older first; heaptap diff --help");
        for (int which = 0; which < SIDES; which++)
                if (raw_is_path(path[which]))
                        diag_usage("diff needs profiles: make one of %s with heaptap report -o", path[which]);
        report_options_settle(&options, format, top, color);
        compare.by = by_of(by);
        compare.what = what ? (enum compare_what)choice_of("what", what, what_choices) : COMPARE_ALL;
        compare.rows = report_rows(&options);
        suppressions_load(&suppressions, &compare.suppress);
        return print(path, &compare, &options);
}
