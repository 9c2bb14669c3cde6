/* How far the figures can be trusted: events, losses, the walk of the heap, the stacks. */
#include "analyzer/analyses/summary.h"

#include <string.h>

static const char *why_no_walk(const struct evidence *evidence)
{
        const struct process *process = evidence->process;

        if (strcmp(process->end_kind, "_exit") == 0)
                return "the heap was not walked: the program ended by _exit";
        if (strcmp(process->end_kind, "killed") == 0)
                return meta_integer(evidence->profile, "exit_signal")
                               ? "the heap was not walked: the program was killed"
                               : "the heap was not walked: the program executed another, or ended without last words";
        if (strcmp(process->end_kind, "running") == 0)
                return "the heap was not walked: the program still runs";
        return "the heap was not walked at exit";
}

static const char *walk_words(const struct evidence *evidence)
{
        const struct process *process = evidence->process;

        if (strcmp(process->walk, "agrees") == 0)
                return "the heap at exit agrees with the events";
        if (strcmp(process->walk, "differs") == 0)
                return "the heap at exit DIFFERS from the events";
        if (strcmp(process->walk, "moving") == 0)
                return "other threads ran on at exit, so the heap could not be compared with the events";
        return why_no_walk(evidence);
}

static void tell_stacks(const struct evidence *evidence, struct table *table)
{
        const struct process *process = evidence->process;

        table_fact(table, "stacks", UNIT_COUNT, process->stacks);
        table_fact(table, "stacks_truncated", UNIT_COUNT, process->stacks_truncated);
        table_fact(table, "stacks_broken", UNIT_COUNT, process->stacks_broken);
        table_fact(table, "stacks_checked", UNIT_COUNT, process->stacks_checked);
        table_fact(table, "stacks_differ", UNIT_COUNT, process->stacks_differ);
        if (process->stacks_truncated > 0)
                table_line(table, "stacks", "%s captures were deeper than the limit; --stack-depth N raises it",
                           unit_count(process->stacks_truncated).text);
        if (process->stacks_broken > 0)
                table_line(table, "stacks", "%s captures ended early: a caller has no unwind information",
                           unit_count(process->stacks_broken).text);
        if (process->stacks_checked > 0)
                table_line(table, "stacks", "%s captures compared with libunwind's: %s differ",
                           unit_count(process->stacks_checked).text, unit_count(process->stacks_differ).text);
}

void tell_trace(const struct evidence *evidence, struct table *table)
{
        struct profile *profile = evidence->profile;
        int64_t events = meta_integer(profile, "events"), event_bytes = meta_integer(profile, "event_bytes");
        int64_t lost = meta_integer(profile, "lost_events"), lost_frames = meta_integer(profile, "lost_frames");

        table_fact(table, "events", UNIT_COUNT, events);
        table_fact(table, "event_bytes", UNIT_BYTES, event_bytes);
        table_fact(table, "lost_events", UNIT_COUNT, lost);
        table_fact(table, "lost_frames", UNIT_COUNT, lost_frames);
        table_fact(table, "damaged_frames", UNIT_COUNT, meta_integer(profile, "damaged_frames"));
        table_fact(table, "salvaged_frames", UNIT_COUNT, meta_integer(profile, "salvaged_frames"));
        table_fact_text(table, "walk", evidence->process->walk);
        table_line(table, "trace", "%s event%s, %.1f bytes each, %s; %s", unit_count_short(events).text, plural(events),
                   events > 0 ? (double)event_bytes / (double)events : 0,
                   lost || lost_frames ? "SOME LOST" : "none lost", walk_words(evidence));
        tell_stacks(evidence, table);
}
