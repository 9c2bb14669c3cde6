/* The list of analyses, in the order of the report. */
#include "analyzer/analyses/analysis.h"

#include <inttypes.h>

static const struct analysis {
        struct table *(*run)(const struct evidence *evidence);
        bool untraced; /* makes sense without sites */
        unsigned what; /* bits of enum analysis_what: asked for alone */
        bool alone;    /* only if it is asked for */
} analyses[] = {
        {analysis_summary, true, 0, false},
        {analysis_processes, true, 0, false},
        {analysis_errors, true, 0, false},
        {analysis_guarded, true, 0, false},
        {analysis_leaks, false, 1 << WHAT_LEAKS, false},
        {analysis_held, false, 1 << WHAT_LEAKS, false},
        {analysis_scans, false, 1 << WHAT_LEAKS, false},
        {analysis_suppressions, false, 1 << WHAT_LEAKS, false},
        {analysis_reachable, false, 1 << WHAT_REACHABLE, true},
        {analysis_live, false, 1 << WHAT_LIVE, true},
        {analysis_growth, false, 1 << WHAT_GROWTH, false},
        {analysis_peak, false, 1 << WHAT_PEAK, false},
        {analysis_churn, false, 1 << WHAT_ALLOC | 1 << WHAT_TEMPORARY, false},
        {analysis_resident, true, 0, false},
        {analysis_pools, true, 0, false},
        {analysis_slabs, true, 0, false},
        {analysis_purging, true, 0, false},
        {analysis_waste, false, 1 << WHAT_WASTE, false},
        {analysis_advice, false, 1 << WHAT_ADVICE, false},
        {analysis_costs, false, 1 << WHAT_COSTS, true},
};

void analyses_run(struct profile *profile, const struct analysis_options *options, struct findings *ret_findings)
{
        struct suppressed suppressed;
        struct evidence evidence = {.profile = profile, .options = *options, .suppressed = &suppressed};

        const char *program = meta_text(profile, "program");

        *ret_findings = (struct findings){0};
        evidence.process = profile_processes(profile, &evidence.process_count);
        evidence.traced = meta_integer(profile, "traced") != 0;
        evidence.sample_rate = profile_integer(profile, "SELECT ifnull(max(rate), 0) FROM process_sample");
        evidence.whole = evidence.traced && !evidence.sample_rate;
        places_load(profile, options->by, &evidence.places);
        suppressed_load(profile, &options->suppress, &suppressed);
        lost_load(profile, &evidence.places, &suppressed, &evidence.lost);
        growth_measure(profile, &evidence.places, &evidence.growth);

        findings_title(ret_findings, meta_text(profile, "heaptap_version"), "heaptap: %s (pid %" PRId64 "), %s, %s",
                       program ? program : "?", meta_integer(profile, "pid"),
                       unit_time(meta_integer(profile, "duration_ns")).text, words_end(&evidence).text);
        analysis_warnings(&evidence, ret_findings);
        for (size_t i = 0; i < sizeof analyses / sizeof *analyses; i++) {
                const struct analysis *analysis = &analyses[i];
                bool asked = options->what == WHAT_ALL ? !analysis->alone : (analysis->what & 1u << options->what) != 0;

                if (asked && (evidence.traced || analysis->untraced) && (evidence.process_count || i == 0))
                        findings_add(ret_findings, analysis->run(&evidence));
        }
        /* The tables borrow the stacks. */
        arena_join(&ret_findings->arena, &evidence.places.arena);
        growth_free(&evidence.growth);
        lost_free(&evidence.lost);
        suppressed_free(&suppressed);
        places_free(&evidence.places);
}
