/* The order of the parts, and the facts about the whole run. */
#include "analyzer/store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "analyzer/store/tables.h"
#include "analyzer/xalloc.h"

static const char schema[] =
#include "store/schema.inc"
        ;

static void fact_text(struct writer *writer, const char *key, const char *value)
{
        writer_text(writer, key);
        writer_text(writer, value);
        writer_row(writer);
}

static void fact(struct writer *writer, const char *key, uint64_t value)
{
        writer_text(writer, key);
        writer_integer(writer, value);
        writer_row(writer);
}

static void main_facts(struct writer *writer, const struct model *model, const struct process *main)
{
        const char *exe = main->told ? main->exe : "";
        const char *slash = strrchr(exe, '/');

        fact_text(writer, "program", slash ? slash + 1 : exe);
        fact_text(writer, "command", main->told ? main->command : "");
        fact(writer, "pid", main->pid);
        fact(writer, "traced", main->flags & WIRE_PROCESS_TRACED ? 1 : 0);
        fact(writer, "peak_bound", main->peak_bound);
        fact(writer, "duration_ns", tables_end_ns(model, main));
}

static void loss_facts(struct writer *writer, const struct model *model, const struct catalog *catalog,
                       const struct store_facts *facts)
{
        uint64_t events = 0, frames = model->frames_unshared;

        for (const struct process *process = model->processes; process; process = process->hh.next) {
                events += tables_lost_events(process);
                frames += tables_lost_frames(process);
        }
        fact(writer, "lost_events", events);
        fact(writer, "lost_frames", frames);
        fact(writer, "damaged_frames", model->frames_damaged + facts->damages);
        fact(writer, "salvaged_frames", model->frames_salvaged);
        fact(writer, "repeated_frames", model->frames_repeated);
        fact(writer, "unknown_stacks", catalog->undefined);
        fact(writer, "interrupted", facts->interrupted);
        fact(writer, "raw_parts_missing", facts->parts_missing);
        fact(writer, "raw_frames_missing", facts->part_frames_missing);
        fact(writer, "raw_cut", facts->cut);
}

void tables_meta(struct writer *writer, const struct model *model, const struct catalog *catalog,
                 const struct store_facts *facts)
{
        const struct process *main = model_main(model);

        writer_table(writer, "meta");
        fact(writer, "format", 3);
        fact_text(writer, "heaptap_version", HEAPTAP_VERSION);
        if (main)
                main_facts(writer, model, main);
        fact(writer, "exit_known", facts->exit_known);
        fact(writer, "exit_status", (uint64_t)facts->exit_status);
        fact(writer, "exit_signal", (uint64_t)facts->exit_signal);
        fact(writer, "events", model->events);
        fact(writer, "event_bytes", model->bytes);
        fact(writer, "frames", model->frames);
        loss_facts(writer, model, catalog, facts);
        fact(writer, "bin_ns", clock_bin_ns(&model->clock));
        fact(writer, "start_unix_ns", facts->start_unix_ns);
        fact_text(writer, "host", facts->host);
        fact(writer, "cpus", facts->cpus);
        fact(writer, "page_bytes", model->classes.sizes.page_bytes);
}

static void write_suppressions(struct writer *writer, const struct model *model, const struct store_facts *facts)
{
        writer_table(writer, "suppressions");
        for (size_t i = 0; i < facts->suppressions_count; i++) {
                writer_null(writer);
                writer_text(writer, facts->suppressions[i].source);
                writer_text(writer, facts->suppressions[i].text);
                writer_row(writer);
        }
        for (const struct process *process = model->processes; process; process = process->hh.next) {
                if (!process->leaks.suppressions)
                        continue;
                writer_integer(writer, process->number);
                writer_text(writer, "__lsan_default_suppressions");
                writer_text(writer, process->leaks.suppressions);
                writer_row(writer);
        }
}

/* What the analysis itself took until now. The kernel's peak of a process goes back to before its exec: the
 * supervisor's few MiB, which are less than ours. */
static void cost_facts(struct writer *writer)
{
        struct rusage used;

        getrusage(RUSAGE_SELF, &used);
        writer_table(writer, "meta");
        fact(writer, "analyzer_rss_peak", (uint64_t)used.ru_maxrss * 1024);
        fact(writer, "analyzer_cpu_us",
             (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
                     (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec));
}

bool store_write(const char *path, const struct model *model, const struct catalog *catalog,
                 const struct store_facts *facts, char **ret_trouble)
{
        struct writer *writer = writer_open(path, schema);
        enum symbols_status *status;

        tables_meta(writer, model, catalog, facts);
        tables_processes(writer, model);
        tables_purging(writer, model);
        tables_process_series(writer, model);
        status = tables_frames(writer, model, catalog);
        tables_modules(writer, model, catalog, status);
        free(status);
        tables_sites(writer, model, catalog);
        tables_errors(writer, model, catalog);
        tables_leaks(writer, model, catalog);
        write_suppressions(writer, model, facts);
        if (facts->costs)
                cost_facts(writer); /* last, so that it counts all that is written */
        return writer_close(writer, ret_trouble);
}
