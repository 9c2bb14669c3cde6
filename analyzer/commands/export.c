/* Reads a profile, adds up what each place costs, writes it as another program reads it. */
#include "analyzer/commands/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/analyses/analyses.h"
#include "analyzer/commands/profile_name.h"
#include "analyzer/commands/report_options.h"
#include "analyzer/diag.h"
#include "analyzer/input/raw.h"
#include "analyzer/options.h"
#include "analyzer/reports/export.h"

static const char usage[] = "usage: heaptap export FORMAT [PROFILE|latest] [options]\n"
                            "Writes what each stack costs for another program: FORMAT is folded (flame graphs),\n"
                            "csv, speedscope or pprof (go tool pprof).";

struct request {
        const char *path, *output; /* output NULL: standard output */
        enum export_format format;
        enum export_cost cost;
        struct analysis_options analysis;
};

static int export_to(const struct request *request, FILE *out)
{
        struct findings findings = {0};
        struct profile *profile = profile_open(request->path);
        int status = 0;

        if (!profile_error(profile))
                analyses_run(profile, &request->analysis, &findings);
        if (profile_error(profile)) {
                diag_warn("%s: %s", request->path, profile_error(profile));
                status = DIAG_EXIT_FAILURE;
        } else {
                export_write(&findings, request->format, request->cost, out);
        }
        findings_free(&findings);
        profile_close(profile);
        return status;
}

static int export(const struct request *request)
{
        const char *name = request->output ? request->output : "the standard output";
        FILE *out = request->output ? fopen(request->output, "we") : stdout;
        int status;

        if (!out)
                diag_die("%s cannot be written: %s; choose another file with -o", name, strerror(errno));
        status = export_to(request, out);
        if (ferror(out) || (out == stdout ? fflush(out) : fclose(out)) != 0) {
                diag_warn("%s could not be written: %s", name, strerror(errno));
                return DIAG_EXIT_FAILURE;
        }
        return status;
}

static void operands(struct request *request, char **operand, int count)
{
        if (count == 0)
                diag_usage("export takes a format: folded, csv, speedscope or pprof; heaptap export --help");
        if (!export_format_parse(operand[0], &request->format))
                diag_usage("export %s: there are folded, csv, speedscope, pprof", operand[0]);
        request->path = count > 1 && strcmp(operand[1], "latest") != 0 ? operand[1] : "heaptap.latest";
        if (raw_is_path(request->path))
                diag_usage("export needs a profile: make one of %s with heaptap report -o", request->path);
        if (request->format == EXPORT_PPROF && !request->output && isatty(STDOUT_FILENO))
                diag_usage("pprof is not for a terminal: name a file with -o FILE");
}

int command_export(int argc, char **argv)
{
        struct request request = {.analysis.what = WHAT_COSTS};
        const char *by = NULL, *cost = NULL;
        struct option_texts suppressions = {0};
        bool force = false;
        char *operand[2];
        int count = 0;
        const struct option_spec spec[] = {
                {"output", 'o', OPTION_TEXT, &request.output, "FILE", "write there; default the standard output"},
                {"force", 'f', OPTION_FLAG, &force, NULL, "overwrite a file that exists"},
                {"cost", 0, OPTION_TEXT, &cost, "COST",
                 "bytes: live (at the end), peak, allocated or leaked; default live. folded has this one only, csv has "
                 "all, the others show it first"},
                {"by", 0, OPTION_TEXT, &by, "WHAT", "add up by site, function or module; default site"},
                {"suppressions", 0, OPTION_TEXTS, &suppressions, "FILE", "leave out the leaks that FILE names"},
                {"no-suppressions", 0, OPTION_FLAG, &request.analysis.suppress.none, NULL, "leave out nothing"},
        };

        for (int at; argc > 1; argc -= at, argv += at) {
                at = options_parse(usage, spec, sizeof spec / sizeof *spec, argc, argv);
                if (at >= argc)
                        break;
                if (count < 2)
                        operand[count++] = argv[at];
                else
                        diag_usage("export takes a format and a profile, but there is %s as well", argv[at]);
                argv[at] = argv[0];
        }
        operands(&request, operand, count);
        if (cost && !export_cost_parse(cost, &request.cost))
                diag_usage("--cost %s: there are live, peak, allocated, leaked", cost);
        request.analysis.by = by_of(by);
        suppressions_load(&suppressions, &request.analysis.suppress);
        if (request.output && !profile_name_check(request.output, force))
                return DIAG_EXIT_FAILURE;
        return export(&request);
}
