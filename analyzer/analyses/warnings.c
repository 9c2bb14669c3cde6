/* What makes the figures doubtful. The report opens with it. */
#include "analyzer/analyses/analysis.h"

#include <inttypes.h>
#include <string.h>

enum { PROCESSES_SHOWN = 3 };

static void warn_of_loss(const struct evidence *evidence, struct findings *findings)
{
        struct profile *profile = evidence->profile;
        int64_t events = meta_integer(profile, "lost_events"), frames = meta_integer(profile, "lost_frames");
        int64_t damaged = meta_integer(profile, "damaged_frames"), unknown = meta_integer(profile, "unknown_stacks");

        int64_t untold = profile_integer(profile, "SELECT count(*) FROM event_loss WHERE events IS NULL");

        if (events || frames)
                findings_warn(findings, "INCOMPLETE: %s%s event%s in %s frame%s were lost: the figures miss them",
                              events && untold    ? "at least "
                              : events || !untold ? ""
                                                  : "an unknown number of",
                              events || !untold ? unit_count(events).text : "", plural(events), unit_count(frames).text,
                              plural(frames));
        for (struct sqlite3_stmt *rows = profile_query(profile,
                                                       "SELECT ifnull(why, 'unknown'), sum(frames), sum(events) "
                                                       "FROM event_loss GROUP BY 1 ORDER BY 1",
                                                       NULL, 0);
             profile_next(profile, rows);)
                findings_warn(findings, "  %s: frames %s, events %s", row_text(rows, 0),
                              unit_count(row_integer(rows, 1)).text,
                              row_is_null(rows, 2) ? "unknown" : unit_count(row_integer(rows, 2)).text);
        if (damaged)
                findings_warn(findings, "INCOMPLETE: %s frame%s arrived damaged and could not be read in full",
                              unit_count(damaged).text, plural(damaged));
        if (unknown)
                findings_warn(findings, "%s stack%s used whose definition was lost", unit_count(unknown).text,
                              unknown == 1 ? " was" : "s were");
}

/* What the file lacks that the profile was made of. */
static void warn_of_raw(const struct evidence *evidence, struct findings *findings)
{
        struct profile *profile = evidence->profile;
        int64_t parts = meta_integer(profile, "raw_parts_missing"),
                frames = meta_integer(profile, "raw_frames_missing");

        if (parts)
                findings_warn(
                        findings,
                        "INCOMPLETE: %s part%s of the raw file, of up to 1 MB of events each, %s damaged or missing",
                        unit_count(parts).text, plural(parts), parts == 1 ? "is" : "are");
        if (frames)
                findings_warn(findings, "  with at least %s frame%s", unit_count(frames).text, plural(frames));
        if (meta_integer(profile, "raw_cut"))
                findings_warn(findings, "INCOMPLETE: the raw file was cut: the end of the run is missing");
}

static bool warn_of_process(const struct process *process, struct findings *findings)
{
        if (process->flags & PROCESS_OWN_MALLOC)
                findings_warn(findings,
                              "pid %" PRId64 " (%s) brings its own malloc: nothing of it was recorded; link it without",
                              process->pid, path_base(process->exe));
        if (strcmp(process->walk, "differs") != 0)
                return process->flags & PROCESS_OWN_MALLOC;
        findings_warn(findings,
                      "pid %" PRId64 ": the heap at exit holds %s blocks, %s; the events say %s blocks, %s "
                      "(%s stack%s differ%s)",
                      process->pid, unit_count(process->walk_blocks).text, unit_bytes(process->walk_bytes).text,
                      unit_count(process->live_blocks).text, unit_bytes(process->live_bytes).text,
                      unit_count(process->walk_stacks_differ).text, plural(process->walk_stacks_differ),
                      process->walk_stacks_differ == 1 ? "s" : "");
        return true;
}

static void warn_of_scans(const struct evidence *evidence, struct findings *findings)
{
        for (const struct lost_scan *scan = evidence->lost.scan; scan < evidence->lost.scan + evidence->lost.scan_count;
             scan++) {
                struct lost_sum all = {0};

                for (int i = 0; i < LOST_CLASSES; i++) {
                        all.blocks = saturating_sum(all.blocks, scan->sum[i].blocks);
                        all.bytes = saturating_sum(all.bytes, scan->sum[i].bytes);
                }
                if (strcmp(scan->walk, "differs") == 0)
                        findings_warn(findings,
                                      "pid %" PRId64 ": the scan for leaks found %s blocks, %s, which is not what the "
                                      "heap at exit holds",
                                      scan->pid, unit_count(all.blocks).text, unit_bytes(all.bytes).text);
                if (scan->flags & SCAN_RUNNING)
                        findings_warn(findings,
                                      "pid %" PRId64 ": the threads could not be stopped for the scan for leaks",
                                      scan->pid);
        }
}

static void warn_of_counts(const struct evidence *evidence, struct findings *findings)
{
        struct sqlite3_stmt *rows = profile_query(
                evidence->profile,
                "SELECT pid, counted_allocations, counted_frees, counted_resizes, allocations, frees, resizes "
                "FROM process WHERE (counted_allocations IS NOT allocations AND counted_allocations IS NOT NULL "
                "OR counted_frees IS NOT frees AND counted_frees IS NOT NULL "
                "OR counted_resizes IS NOT resizes AND counted_resizes IS NOT NULL) "
                /* Threads that run on add to the events what is in no count any more. */
                "AND NOT (ifnull(threads_at_exit, 1) > 1 AND allocations >= counted_allocations "
                "AND frees >= counted_frees AND resizes >= counted_resizes) "
                "UNION ALL SELECT process.pid, taken.counted_allocations, taken.counted_frees, taken.counted_resizes, "
                "taken.allocations, taken.frees, taken.resizes FROM process_sample AS taken "
                "JOIN process ON process.id = taken.process WHERE taken.counted_allocations IS NOT taken.allocations "
                "AND taken.counted_allocations IS NOT NULL OR taken.counted_frees IS NOT taken.frees "
                "AND taken.counted_frees IS NOT NULL OR taken.counted_resizes IS NOT taken.resizes "
                "AND taken.counted_resizes IS NOT NULL LIMIT 3",
                NULL, 0);

        while (profile_next(evidence->profile, rows))
                findings_warn(findings,
                              "pid %" PRId64 " itself counted %s allocations, %s frees, %s resizes; "
                              "its events say %s, %s, %s",
                              row_integer(rows, 0), unit_count(row_integer(rows, 1)).text,
                              unit_count(row_integer(rows, 2)).text, unit_count(row_integer(rows, 3)).text,
                              unit_count(row_integer(rows, 4)).text, unit_count(row_integer(rows, 5)).text,
                              unit_count(row_integer(rows, 6)).text);
}

/* Those that are no bad frees: it is not for nothing that they were looked for. */
static void warn_of_errors(const struct evidence *evidence, struct findings *findings)
{
        int64_t others = profile_integer(evidence->profile, "SELECT ifnull(sum(count), 0) FROM error WHERE kind NOT IN "
                                                            "('foreign', 'interior', 'double')");

        if (others)
                findings_warn(findings, "blocks misused %s time%s, see ERRORS", unit_count(others).text,
                              plural(others));
}

static void warn_of_misuse(const struct evidence *evidence, struct findings *findings)
{
        int64_t foreign = 0, interior = 0, twice = 0, late = 0, untraced = 0;

        for (size_t i = 0; i < evidence->process_count; i++) {
                const struct process *process = &evidence->process[i];

                foreign = saturating_sum(foreign, process->frees_foreign);
                interior = saturating_sum(interior, process->frees_interior);
                twice = saturating_sum(twice, process->frees_double);
                late += (process->flags & PROCESS_LATE) != 0;
                untraced = saturating_sum(untraced, process->walk_untraced_blocks);
        }
        if (foreign || interior || twice)
                findings_warn(findings,
                              "bad frees, ignored: %s of no block, %s into a block, %s of a block already free",
                              unit_count(foreign).text, unit_count(interior).text, unit_count(twice).text);
        warn_of_errors(evidence, findings);
        if (late)
                findings_warn(findings,
                              "recording began late: blocks of before have no stack (%s of them alive at exit)",
                              unit_count(untraced).text);
}

void analysis_warnings(const struct evidence *evidence, struct findings *findings)
{
        size_t told = 0, troubled = 0;

        warn_of_loss(evidence, findings);
        warn_of_raw(evidence, findings);
        for (size_t i = 0; i < evidence->process_count && told < PROCESSES_SHOWN; i++)
                told += warn_of_process(&evidence->process[i], findings);
        for (size_t i = 0; i < evidence->process_count; i++)
                troubled += evidence->process[i].flags & PROCESS_OWN_MALLOC ||
                            strcmp(evidence->process[i].walk, "differs") == 0;
        if (troubled > told)
                findings_warn(findings, "… and %zu more processes with such trouble", troubled - told);
        warn_of_scans(evidence, findings);
        if (evidence->traced)
                warn_of_counts(evidence, findings);
        warn_of_misuse(evidence, findings);
        if (meta_integer(evidence->profile, "interrupted"))
                findings_warn(findings, "this report was made while processes still ran");
}
