/* What every analysis is given, and what each of them is called. One file an analysis; the list is in analyses.c. */
#ifndef ANALYZER_ANALYSES_ANALYSIS_H
#define ANALYZER_ANALYSES_ANALYSIS_H

#include "analyzer/analyses/analyses.h"
#include "analyzer/analyses/growth.h"
#include "analyzer/analyses/lost.h"
#include "analyzer/analyses/places.h"
#include "analyzer/analyses/profile.h"
#include "analyzer/analyses/suppressed.h"
#include "analyzer/findings/table.h"

struct evidence {
        struct profile *profile;
        const struct process *process; /* the main one first */
        size_t process_count;
        bool traced;         /* false: pools alone, no sites */
        bool whole;          /* every block was recorded */
        int64_t sample_rate; /* bytes, of which one was sampled; 0: no sample. See sampling.h */
        struct places places;
        struct growth growth;
        struct lost lost;
        struct suppressed *suppressed; /* counts what is asked of it */
        struct analysis_options options;
};

/* Each makes a table, or NULL if there is nothing to tell. */
struct table *analysis_summary(const struct evidence *evidence);
struct table *analysis_processes(const struct evidence *evidence);
struct table *analysis_errors(const struct evidence *evidence);
struct table *analysis_guarded(const struct evidence *evidence);
struct table *analysis_leaks(const struct evidence *evidence);
struct table *analysis_held(const struct evidence *evidence);
struct table *analysis_scans(const struct evidence *evidence);
struct table *analysis_live(const struct evidence *evidence);
struct table *analysis_reachable(const struct evidence *evidence);
struct table *analysis_suppressions(const struct evidence *evidence); /* after all that ask for them */
struct table *analysis_growth(const struct evidence *evidence);
struct table *analysis_peak(const struct evidence *evidence);
struct table *analysis_churn(const struct evidence *evidence);
struct table *analysis_resident(const struct evidence *evidence);
struct table *analysis_slabs(const struct evidence *evidence);
struct table *analysis_pools(const struct evidence *evidence);
struct table *analysis_purging(const struct evidence *evidence);
struct table *analysis_waste(const struct evidence *evidence);
struct table *analysis_advice(const struct evidence *evidence);
struct table *analysis_costs(const struct evidence *evidence);

/* What makes the figures doubtful: losses, damage, a heap that disagrees with the events. */
void analysis_warnings(const struct evidence *evidence, struct findings *findings);

/* One line for POOLS, if anything was given back to the kernel. */
void purging_tell(const struct evidence *evidence, struct table *pools);

/* Words that several of them use. */
struct unit_text words_end(const struct evidence *evidence); /* "exit 0", "signal SEGV", "_exit", … */
const char *words_at_end(const struct evidence *evidence);   /* "at exit", "when it was killed", … */
const char *words_over(const struct evidence *evidence);     /* "", or " (all processes)" */
const char *words_place(const struct evidence *evidence);    /* "place", "function", "module" */
/* "3 blocks, 96 B definitely lost; …" of what is, by class, but for what is reachable. */
const char *words_lost(const struct lost_sum *sum, struct arena *arena);
double share(int64_t part, int64_t whole); /* 0 if there is no whole */
const char *plural(int64_t count);         /* "" or "s" */

#endif
