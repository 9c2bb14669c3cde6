/* SUMMARY: one screen about the main process, and the same as facts for machines. */
#include "analyzer/analyses/summary.h"

#include "analyzer/analyses/sampling.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static int64_t pool_allocations(const struct evidence *evidence)
{
        int64_t sum = 0;

        for (struct sqlite3_stmt *rows =
                     profile_query(evidence->profile, "SELECT sum(allocations) FROM pool WHERE process = ?1",
                                   &evidence->process->id, 1);
             profile_next(evidence->profile, rows);)
                sum = row_integer(rows, 0);
        return sum;
}

static void tell_program(const struct evidence *evidence, struct table *table)
{
        struct profile *profile = evidence->profile;

        table_fact_text(table, "program", meta_text(profile, "program"));
        table_fact_text(table, "command", meta_text(profile, "command"));
        table_fact(table, "pid", UNIT_ID, meta_integer(profile, "pid"));
        table_fact(table, "duration_ns", UNIT_NS, meta_integer(profile, "duration_ns"));
        table_fact_text(table, "end", words_end(evidence).text);
        if (meta_integer(profile, "exit_known")) {
                table_fact(table, "exit_status", UNIT_ID, meta_integer(profile, "exit_status"));
                table_fact(table, "exit_signal", UNIT_ID, meta_integer(profile, "exit_signal"));
        } else {
                table_fact_unknown(table, "exit_status", UNIT_ID);
                table_fact_unknown(table, "exit_signal", UNIT_ID);
        }
        table_fact(table, "traced", UNIT_COUNT, evidence->traced);
        table_fact(table, "processes", UNIT_COUNT, (int64_t)evidence->process_count);
}

static void tell_counts(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;
        int64_t allocations = evidence->traced ? process->allocations : pool_allocations(evidence), places = 0;
        double seconds = (double)meta_integer(evidence->profile, "duration_ns") / 1e9;
        int64_t rate = seconds > 0 ? (int64_t)fmin((double)allocations / seconds, 1e18) : 0;

        table_fact(table, "allocations", UNIT_COUNT, allocations);
        table_fact(table, "allocations_per_second", UNIT_COUNT, rate);
        if (!evidence->traced) {
                table_line(table, "allocations", "about %s, counted 64 at a time   %s/s; not traced: no stacks",
                           unit_count(allocations).text, unit_count(rate).text);
                return;
        }
        for (size_t i = 0; i < evidence->places.place_count; i++)
                places += evidence->places.place[i].main;
        table_fact(table, "places", UNIT_COUNT, places);
        table_fact(table, "frees", UNIT_COUNT, process->frees);
        table_fact(table, "resizes", UNIT_COUNT, process->resizes);
        table_fact(table, "temporary", UNIT_COUNT, process->temporary);
        table_line(table, "allocations", "%s in %s %s%s   %s/s   frees %s   resizes %s", unit_count(allocations).text,
                   unit_count(places).text, words_place(evidence), plural(places), unit_count(rate).text,
                   unit_count(process->frees).text, unit_count(process->resizes).text);
}

static void tell_memory(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;
        const char *end = words_at_end(evidence);

        table_fact(table, "requested", UNIT_BYTES, process->requested);
        table_fact(table, "peak_bytes", UNIT_BYTES, process->peak_bytes);
        table_fact(table, "peak_blocks", UNIT_COUNT, process->peak_blocks);
        table_fact(table, "peak_ns", UNIT_NS, process->peak_ns);
        table_fact(table, "peak_bound", UNIT_BYTES, process->peak_bound);
        table_fact(table, "live_bytes", UNIT_BYTES, process->live_bytes);
        table_fact(table, "live_blocks", UNIT_COUNT, process->live_blocks);
        if (process->peak_bound > 0)
                table_line(table, "requested", "%s in all · peak %s (at most %s more) at %s · %s %s",
                           unit_bytes(process->requested).text, unit_bytes(process->peak_bytes).text,
                           unit_bytes(process->peak_bound).text, unit_time(process->peak_ns).text,
                           unit_bytes(process->live_bytes).text, end);
        else
                table_line(table, "requested", "%s in all · peak %s at %s · %s %s", unit_bytes(process->requested).text,
                           unit_bytes(process->peak_bytes).text, unit_time(process->peak_ns).text,
                           unit_bytes(process->live_bytes).text, end);
}

/* "1,024 blocks, 1.0 MiB definitely lost, in 2 places; 3 blocks, 96 B possibly" */
static void lost_line(const struct evidence *evidence, struct table *table, int64_t places, double rate)
{
        const struct lost_sum *sum = evidence->lost.main_sum;
        struct lost_sum others[LOST_CLASSES];
        const char *rest;

        memcpy(others, sum, sizeof others);
        others[LOST_DEFINITE] = (struct lost_sum){0};
        rest = words_lost(others, &table->arena);
        if (!sum[LOST_DEFINITE].blocks) {
                table_line(table, "leaks", "%s", rest);
                return;
        }
        table_line(table, "leaks", "%s block%s, %s definitely lost, in %s %s%s%s%s%s%s",
                   unit_count(sum[LOST_DEFINITE].blocks).text, plural(sum[LOST_DEFINITE].blocks),
                   unit_bytes(sum[LOST_DEFINITE].bytes).text, unit_count(places).text, words_place(evidence),
                   plural(places), rate > 0 ? ", and keeps coming at " : "", rate > 0 ? unit_rate(rate).text : "",
                   others[LOST_INDIRECT].blocks || others[LOST_POSSIBLE].blocks ? "; " : "",
                   others[LOST_INDIRECT].blocks || others[LOST_POSSIBLE].blocks ? rest : "");
}

static void tell_lost(const struct evidence *evidence, struct table *table)
{
        const struct lost *lost = &evidence->lost;
        const struct lost_sum *sum = lost->main_sum;
        int64_t places = 0;
        double rate = 0;

        for (size_t i = 0; i < lost->place_count; i++) {
                places += lost->place[i].main && lost->place[i].class == LOST_DEFINITE;
                rate += lost->place[i].main ? lost->place[i].rate : 0;
        }
        table_fact(table, "lost_places", UNIT_COUNT, places);
        table_fact(table, "definitely_lost_blocks", UNIT_COUNT, sum[LOST_DEFINITE].blocks);
        table_fact(table, "definitely_lost_bytes", UNIT_BYTES, sum[LOST_DEFINITE].bytes);
        table_fact(table, "indirectly_lost_blocks", UNIT_COUNT, sum[LOST_INDIRECT].blocks);
        table_fact(table, "indirectly_lost_bytes", UNIT_BYTES, sum[LOST_INDIRECT].bytes);
        table_fact(table, "possibly_lost_blocks", UNIT_COUNT, sum[LOST_POSSIBLE].blocks);
        table_fact(table, "possibly_lost_bytes", UNIT_BYTES, sum[LOST_POSSIBLE].bytes);
        table_fact(table, "reachable_blocks", UNIT_COUNT, sum[LOST_REACHABLE].blocks);
        table_fact(table, "reachable_bytes", UNIT_BYTES, sum[LOST_REACHABLE].bytes);
        table_fact_real(table, "lost_rate", UNIT_BYTES_PER_SECOND, rate);
        if (sum[LOST_DEFINITE].blocks || sum[LOST_INDIRECT].blocks || sum[LOST_POSSIBLE].blocks)
                lost_line(evidence, table, places, rate);
        else if (!sum[LOST_REACHABLE].blocks)
                table_line(table, "leaks", "nothing was alive %s", words_at_end(evidence));
        else
                table_line(table, "leaks", "nothing is lost; %s in %s block%s still reachable",
                           unit_bytes(sum[LOST_REACHABLE].bytes).text, unit_count(sum[LOST_REACHABLE].blocks).text,
                           plural(sum[LOST_REACHABLE].blocks));
}

static void tell_leaks(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;
        int64_t places = 0;

        for (size_t i = 0; i < evidence->places.place_count; i++)
                places += evidence->places.place[i].main_live;
        table_fact(table, "live_places", UNIT_COUNT, places);
        table_fact_text(table, "leak_scan", evidence->lost.main ? evidence->lost.main->why : NULL);
        if (evidence->lost.main)
                tell_lost(evidence, table);
        else if (process->live_blocks == 0)
                table_line(table, "leaks", "nothing was alive %s", words_at_end(evidence));
        else
                table_line(table, "leaks", "%s block%s, %s alive %s in %s %s%s, not proven unreachable",
                           unit_count(process->live_blocks).text, plural(process->live_blocks),
                           unit_bytes(process->live_bytes).text, words_at_end(evidence), unit_count(places).text,
                           words_place(evidence), plural(places));
}

static void tell_growth(const struct evidence *evidence, struct table *table)
{
        const struct growth *growth = &evidence->growth;

        if (!growth->measured) {
                table_fact_unknown(table, "growing_places", UNIT_COUNT);
                table_fact_unknown(table, "growth_rate", UNIT_BYTES_PER_SECOND);
                table_line(table, "growth", "the run is too short to tell");
                return;
        }
        table_fact(table, "growing_places", UNIT_COUNT, (int64_t)growth->count);
        table_fact_real(table, "growth_rate", UNIT_BYTES_PER_SECOND, growth->rate);
        if (growth->count == 0) {
                table_line(table, "growth", "no %s grows", words_place(evidence));
                return;
        }

        const char *grow = growth->count == 1 ? " grows" : "s grow", *place = words_place(evidence);

        if (growth->limit_seconds > 0)
                table_line(table, "growth", "%zu %s%s by %s; the limit of %s would be reached in %s (95 %%: %s to %s)",
                           growth->count, place, grow, unit_rate(growth->rate).text,
                           unit_bytes(evidence->process->memory_limit).text, unit_forecast(growth->limit_seconds).text,
                           unit_forecast(growth->limit_seconds_low).text,
                           unit_forecast(growth->limit_seconds_high).text);
        else
                table_line(table, "growth", "%zu %s%s by %s (95 %%: %s to %s)", growth->count, place, grow,
                           unit_rate(growth->rate).text, unit_rate(growth->low).text, unit_rate(growth->high).text);
}

static void tell_processes(const struct evidence *evidence, struct table *table)
{
        int64_t allocations = 0;

        if (evidence->process_count < 2)
                return;
        for (size_t i = 0; i < evidence->process_count; i++)
                allocations = saturating_sum(allocations, evidence->process[i].allocations);
        table_line(table, "processes", "%s, with %s allocations in all; this summary is about pid %" PRId64,
                   unit_count((int64_t)evidence->process_count).text, unit_count(allocations).text,
                   evidence->process->pid);
}

struct table *analysis_summary(const struct evidence *evidence)
{
        struct table *table = table_create("summary", "SUMMARY");

        tell_program(evidence, table);
        if (evidence->process_count == 0) {
                table_line(table, "nothing", "no process wrote to this profile");
                return table;
        }
        tell_counts(evidence, table);
        if (evidence->traced)
                tell_memory(evidence, table);
        tell_resident(evidence, table);
        if (evidence->traced) {
                sampling_tell(evidence, table);
                tell_leaks(evidence, table);
                tell_growth(evidence, table);
                tell_trace(evidence, table);
                tell_symbols(evidence, table);
        }
        tell_processes(evidence, table);
        return table;
}
