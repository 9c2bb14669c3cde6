/* PROCESSES: the forked and executed ones beside the main one, if there are any. */
#include "analyzer/analyses/analysis.h"

#include <string.h>

/* A process that executes another program says no last words either. */
static const char *end_word(const struct process *process)
{
        return strcmp(process->end_kind, "killed") == 0 ? "killed or exec" : process->end_kind;
}

struct table *analysis_processes(const struct evidence *evidence)
{
        struct table *table = table_create("processes", "PROCESSES");

        table->minor = evidence->process_count < 2;
        table_column(table, "pid", "pid", UNIT_ID, false);
        table_column(table, "kind", "kind", UNIT_TEXT, false);
        table_column(table, "program", "program", UNIT_TEXT, false);
        table_column(table, "allocations", "allocations", UNIT_COUNT, true);
        table_column(table, "peak_bytes", "peak", UNIT_BYTES, false);
        table_column(table, "live_bytes", "alive", UNIT_BYTES, true);
        table_column(table, "start_ns", "start", UNIT_NS, false);
        table_column(table, "end", "end", UNIT_TEXT, false);
        for (size_t i = 0; i < evidence->process_count; i++) {
                const struct process *process = &evidence->process[i];

                table_row(table, NULL);
                table_put(table, process->pid);
                table_put_text(table, process->kind);
                table_put_text(table, path_base(process->exe));
                table_put(table, process->allocations);
                table_put(table, process->peak_bytes);
                table_put(table, process->live_bytes);
                table_put(table, process->start_ns);
                table_put_text(table, i == 0 ? words_end(evidence).text : end_word(process));
        }
        return table; /* the main one first, then as they began to stream */
}
