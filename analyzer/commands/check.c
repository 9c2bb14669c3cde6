/* Runs, looks at the profile, and says nothing if all is well. */
#include "analyzer/commands/check.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/verdict.h"
#include "analyzer/commands/baseline.h"
#include "analyzer/commands/program.h"
#include "analyzer/commands/report.h"
#include "analyzer/commands/run_options.h"
#include "analyzer/commands/suppress_file.h"
#include "analyzer/commands/supervise.h"
#include "analyzer/diag.h"
#include "analyzer/findings/unit.h"

/* What is not said may be as it likes; if nothing is said, nothing may leak. */
static void limits_complete(struct run_options *options)
{
        if (!options->max_leaked && !options->max_leaks && !options->max_peak && !options->max_allocations &&
            !options->baseline)
                options->max_leaked = "0";
}

static bool options_fit(const struct run_options *options)
{
        bool whole = !options->sample && strcmp(options->trace, "off") != 0;

        if (!whole)
                diag_warn("check looks at every block: it goes with neither --sample nor --trace=off");
        return whole;
}

/* Percent of what was requested, rounded down. */
static uint64_t leaked_allowed(const char *text, int64_t requested)
{
        if (!strchr(text, '%'))
                return run_options_size(text);
        return (uint64_t)((double)requested / 100 * strtod(text, NULL));
}

/* Each returns whether the limit was kept, and says so if not. */

static bool keeps_leaked(const struct run_options *options, const struct verdict *verdict)
{
        int64_t bytes = verdict->leaked_bytes, blocks = verdict->leaked_blocks;
        uint64_t allowed;

        if (!options->max_leaked)
                return true;
        if (options->possible) {
                bytes = saturating_sum(bytes, verdict->possible_bytes);
                blocks = saturating_sum(blocks, verdict->possible_blocks);
        }
        allowed = leaked_allowed(options->max_leaked, verdict->requested);
        /* A block may have no byte, and be lost all the same. */
        if ((uint64_t)bytes <= allowed && (allowed || !blocks))
                return true;
        diag_warn("check: %s in %s block%s lost, --max-leaked is %s", unit_bytes(bytes).text, unit_count(blocks).text,
                  blocks == 1 ? " is" : "s are", options->max_leaked);
        return false;
}

static bool keeps_leaks(const struct run_options *options, const struct verdict *verdict)
{
        int64_t leaks = verdict->leaks + (options->possible ? verdict->possible_leaks : 0);

        if (!options->max_leaks || (uint64_t)leaks <= run_options_size(options->max_leaks))
                return true;
        diag_warn("check: blocks are lost in %s place%s, --max-leaks is %s", unit_count(leaks).text,
                  leaks == 1 ? "" : "s", options->max_leaks);
        return false;
}

static bool keeps_peak(const struct run_options *options, const struct verdict *verdict)
{
        if (!options->max_peak || (uint64_t)verdict->peak_bytes <= run_options_size(options->max_peak))
                return true;
        diag_warn("check: %s were alive at the peak, --max-peak is %s", unit_bytes(verdict->peak_bytes).text,
                  options->max_peak);
        return false;
}

static bool keeps_allocations(const struct run_options *options, const struct verdict *verdict)
{
        if (!options->max_allocations || (uint64_t)verdict->allocations <= run_options_size(options->max_allocations))
                return true;
        diag_warn("check: there were %s allocations, --max-allocations is %s", unit_count(verdict->allocations).text,
                  options->max_allocations);
        return false;
}

/* True: the figures are there, else why not was printed. */
static bool verdict_read(const char *path, const char *program, struct verdict *ret_verdict)
{
        struct profile *profile = profile_open(path);
        bool good;

        if (!profile_error(profile))
                verdict_find(profile, &(struct suppressed_options){0}, ret_verdict);
        good = !profile_error(profile);
        if (!good)
                diag_warn("check: nothing can be said of %s: %s: %s", program, path, profile_error(profile));
        profile_close(profile);
        return good;
}

/* 0: all is well; else an exit status, and why was printed. */
static int judge(const struct run_options *options, const char *path, const char *program)
{
        bool leaked, leaks, peak, allocations;
        struct verdict verdict = {0};
        const char *doubt;
        int status;

        if (!verdict_read(path, program, &verdict))
                return DIAG_EXIT_FAILURE;
        leaked = keeps_leaked(options, &verdict);
        leaks = keeps_leaks(options, &verdict);
        peak = keeps_peak(options, &verdict);
        allocations = keeps_allocations(options, &verdict);
        if (!leaked || !leaks || !peak || !allocations) {
                if (!options->report)
                        report_print_what(path, !leaked || !leaks ? "leaks" : !peak ? "peak" : "alloc", stderr);
                return DIAG_EXIT_CHECK;
        }
        if (options->baseline && (status = baseline_judge(options->baseline, path, program)))
                return status;
        doubt = options->max_leaked || options->max_leaks ? verdict.unscanned : verdict.doubt;
        if (!doubt)
                return 0;
        diag_warn("check: nothing can be said of %s: %s", program, doubt);
        return DIAG_EXIT_FAILURE;
}

int command_check(int argc, char **argv)
{
        struct run_options options;
        struct program program;
        struct supervised supervised;
        char **program_argv;
        int status, verdict = DIAG_EXIT_FAILURE;

        switch (run_options_parse(argc, argv, &options, &program_argv)) {
        case RUN_DONE:
                return 0;
        case RUN_USAGE:
                return DIAG_EXIT_USAGE;
        case RUN_PROGRAM:
                break;
        }
        if (!options_fit(&options) || !suppress_files_check(&options.suppressions) ||
            (options.baseline && !baseline_check(options.baseline)))
                return DIAG_EXIT_USAGE;
        limits_complete(&options);
        options.quiet = true;
        status = program_find(program_argv, &program);
        if (!status)
                status = supervise(&options, &program, &supervised);
        if (status)
                return status;
        if (supervised.reader_ended)
                verdict = judge(&options, supervised.profile, program.name);
        else
                diag_warn("check: nothing can be said of %s: there is no profile", program.name);
        free(supervised.profile);
        /* A program that fails has failed, whatever it leaks. */
        status = supervised_status(&supervised);
        return status ? status : verdict;
}
