/* Reads until no process writes any more, then writes the profile and prints the report. */
#include "analyzer/commands/record.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analyzer/commands/notes.h"
#include "analyzer/commands/profile_name.h"
#include "analyzer/commands/progress.h"
#include "analyzer/commands/raw_file.h"
#include "analyzer/commands/report.h"
#include "analyzer/commands/snapshot_answer.h"
#include "analyzer/commands/suppress_file.h"
#include "analyzer/diag.h"
#include "analyzer/input/session.h"
#include "analyzer/input/source.h"
#include "analyzer/model/catalog.h"
#include "analyzer/options.h"
#include "analyzer/reports/report.h"
#include "analyzer/store/publish.h"
#include "analyzer/store/store.h"
#include "analyzer/xalloc.h"
#include "wire/session.h"

enum { ENDING_WAIT_MS = 5000 };

struct record_options {
        const char *input, *output, *raw, *report, *format;
        bool force, latest;
        int top, ready_fd, status_fd;
        struct option_texts suppressions;
};

struct record {
        struct record_options options;
        struct model *model;
        struct source *source;
        struct raw_file *raw; /* NULL: none is wanted */
        struct notes notes;
        struct progress progress;
        struct snapshot snapshot;
        enum source_end end;
};

static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
        (void)signal;
        stop = 1;
}

static void take_frame(void *context, const uint8_t *frame, size_t bytes, bool salvaged)
{
        struct record *record = context;

        model_frame(record->model, frame, bytes, salvaged);
        raw_file_frame(record->raw, frame, bytes, salvaged);
}

static void take_note(void *context, const struct raw_note *note)
{
        struct record *record = context;

        notes_take(&record->notes, record->model, note);
        raw_file_note(record->raw, note);
}

static void note_ending(struct record *record, const struct ending *ending)
{
        if (ending->known)
                take_note(record, &(struct raw_note){RAW_EXITED,
                                                     {(uint64_t)ending->exit_status, (uint64_t)ending->exit_signal,
                                                      ending->rss_bytes, ending->cpu_user_us, ending->cpu_system_us}});
        for (struct process *process = record->model->processes; process; process = process->hh.next)
                if (record->end == SOURCE_STOPPED && process->told && !process->exited && !process->gone &&
                    (process->flags & WIRE_PROCESS_APART || session_process_lives(process->pid, 0)))
                        take_note(record, &(struct raw_note){RAW_RUNNING, {process->number}});
        take_note(record, &(struct raw_note){RAW_END,
                                             {record->end == SOURCE_STOPPED, source_damages(record->source),
                                              source_unshared(record->source)}});
}

/* Everything there is, as a profile. */
static void finish(struct record *record)
{
        /* What the analysis took differs from one to the next. */
        record->notes.facts.costs = !source_is_file(record->source);
        notes_finish(&record->notes, record->model);
        model_finish(record->model);
}

/* NULL, or why there is no profile; to be freed. */
static char *put_profile(const struct record *record, const char *path, bool overwrite)
{
        struct catalog *catalog = catalog_create(record->model);
        char *temporary = publish_begin(path), *trouble = NULL, *result = NULL;

        if (!temporary) {
                result = xasprintf("the profile %s cannot be written: %s; choose another place with -o FILE", path,
                                   strerror(errno));
        } else if (!store_write(temporary, record->model, catalog, &record->notes.facts, &trouble)) {
                unlink(temporary);
                result = xasprintf("the profile %s cannot be written: %s; is the disk full?", path, trouble);
        } else if (!publish_end(temporary, path, overwrite)) {
                result = xasprintf("the profile cannot be named %s: %s; it was left as %s (-f overwrites)", path,
                                   strerror(errno), temporary);
        }
        free(trouble);
        free(temporary);
        catalog_free(catalog);
        return result;
}

/* One whose predecessors are still in the pipe would look as if they were lost. */
static void take_unsent(void *context, const uint8_t *frame, size_t bytes)
{
        struct record *record = context;

        if (model_frame_follows(record->model, frame, bytes))
                model_frame(record->model, frame, bytes, false);
}

/* In a copy of this process, which may do with the model as it likes. */
static char *write_snapshot(void *context, const char *path)
{
        struct record *record = context;

        record->raw = NULL; /* the original's */
        record->end = SOURCE_STOPPED;
        source_peek(record->source, take_unsent, record);
        note_ending(record, &(struct ending){0});
        finish(record);
        return put_profile(record, path, record->snapshot.overwrite);
}

static void sample_resident(void *context)
{
        struct record *record = context;

        for (struct process *process = record->model->processes; process; process = process->hh.next) {
                if (!process->told || process->exited || process->gone || process->flags & WIRE_PROCESS_APART)
                        continue;

                struct raw_note note = note_of_resident(process);

                take_note(record, &note);
        }
        raw_file_tick(record->raw);
        snapshot_look(&record->snapshot, source_snapshot(record->source), record->model, write_snapshot, record);
}

static void show_progress(void *context, uint64_t done, uint64_t all)
{
        struct record *record = context;

        progress_show(&record->progress, record->options.input, done, all);
}

static void wait_for_disk(void *context)
{
        source_beat(((struct record *)context)->source);
}

static void set_signals(void (*interrupt)(int), void (*terminate)(int), void (*ignore)(int))
{
        static const struct {
                int signal, which;
        } signals[] = {{SIGINT, 0}, {SIGHUP, 0}, {SIGQUIT, 0}, {SIGTERM, 1}, {SIGPIPE, 2}, {SIGXFSZ, 2}};
        void (*const handler[])(int) = {interrupt, terminate, ignore};

        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
                sigaction(signals[i].signal, &(struct sigaction){.sa_handler = handler[signals[i].which]}, NULL);
}

/* Under a supervisor the terminal's signals are the program's business. By hand, Ctrl-C means: show what there is. What
 * cannot be written, to a pipe or to a file that may not grow, is told of. */
static void catch_signals(bool supervised)
{
        set_signals(supervised ? SIG_IGN : on_stop, on_stop, SIG_IGN);
}

static void leave_signals(void)
{
        set_signals(SIG_DFL, SIG_DFL, SIG_DFL);
}

static void parse_options(int argc, char **argv, struct record_options *options)
{
        const struct option_spec table[] = {
                {"input", 0, OPTION_TEXT, &options->input, "FIFO",
                 "read events from here: a FIFO, or a file that --raw has written"},
                {"output", 'o', OPTION_TEXT, &options->output, "PROFILE",
                 "write the profile there; %p %e %h %t %q{VAR}"},
                {"raw", 0, OPTION_TEXT, &options->raw, "FILE", "keep every event there; named as --output"},
                {"force", 'f', OPTION_FLAG, &options->force, NULL, "overwrite files that exist"},
                {"latest", 0, OPTION_FLAG, &options->latest, NULL, "link heaptap.latest to the profile"},
                {"report", 0, OPTION_TEXT, &options->report, "FILE", "print the report there; - is standard error"},
                {"format", 0, OPTION_TEXT, &options->format, "FORMAT", "of the report: text or json"},
                {"top", 0, OPTION_NUMBER, &options->top, "N", "rows in each table of the report"},
                {"suppressions", 0, OPTION_TEXTS, &options->suppressions, "FILE",
                 "leave out the leaks that it names; may be given several times"},
                {"ready-fd", 0, OPTION_NUMBER, &options->ready_fd, "FD", "write a byte there once reading"},
                {"status-fd", 0, OPTION_NUMBER, &options->status_fd, "FD", "read there how the program ended"},
        };
        size_t count = sizeof table / sizeof table[0];

        *options = (struct record_options){.output = "heaptap.%e.%p.heap", .ready_fd = -1, .status_fd = -1};
        int operand = options_parse("usage: heaptap-analyze record --input FIFO [options]", table, count, argc, argv);

        if (operand < argc)
                diag_usage("record takes no operands, but was given \"%s\"", argv[operand]);
        if (!options->input)
                diag_usage("record needs --input FIFO, the pipe that HEAPTAP_PIPE names for the program");
        if (options->format && strcmp(options->format, "text") != 0 && strcmp(options->format, "json") != 0)
                diag_usage("--format is text or json, not \"%s\"", options->format);
}

/* What can go wrong at the end is looked for at the start, as far as the name is known by then. */
static void check_names(const struct record_options *options)
{
        char *name = profile_name_expand("output", options->output, 0, "program"), *raw = NULL;

        if (options->raw)
                raw = profile_name_expand("raw", options->raw, 0, "program");
        if (!name || (options->raw && !raw))
                exit(DIAG_EXIT_USAGE);
        if (!profile_name_check(name, options->force || strchr(options->output, '%')) ||
            (raw && !profile_name_check_raw(raw, options->force || strchr(options->raw, '%'))))
                exit(DIAG_EXIT_FAILURE);
        free(name);
        free(raw);
}

static void open_source(struct record *record)
{
        const struct record_options *options = &record->options;

        record->source = source_open(options->input);
        if (!record->source && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT))
                diag_die("no room for %s.shared: %s; it needs %d MiB there", options->input, strerror(errno),
                         (SESSION_BYTES >> 20) + 1);
        if (!record->source)
                diag_die("%s cannot be read: %s; make it with mkfifo, in a directory where files can be made, or name "
                         "a file that --raw has written",
                         options->input, strerror(errno));
}

static void tell_ready(const struct record_options *options)
{
        if (options->ready_fd < 0)
                return;
        if (write(options->ready_fd, "R", 1) != 1)
                diag_warn("the supervisor has gone: %s", strerror(errno));
        close(options->ready_fd);
}

/* What notes would say of a file that has none. */
static void note_beginning(struct record *record)
{
        struct raw_note note[] = {note_of_machine(), note_of_host(), note_of_clocks()};
        /* Nothing of now goes into the profile of a file: it gives the same profile every time. */
        size_t count = source_is_file(record->source) ? 2 : 3;

        for (size_t i = 0; i < count && !source_is_raw(record->source); i++)
                take_note(record, &note[i]);
}

/* Only the whole of a raw file has the note that stands at its end. */
static void tell_damage(struct record *record)
{
        struct store_facts *facts = &record->notes.facts;
        struct raw_damage damage;

        source_raw_damage(record->source, &damage);
        facts->parts_missing = damage.parts;
        facts->part_frames_missing = damage.frames;
        facts->cut = damage.cut && record->end != SOURCE_STOPPED;
        facts->interrupted |= record->end == SOURCE_STOPPED;
}

static void read_source(struct record *record)
{
        const struct source_calls calls = {take_frame, sample_resident, take_note, show_progress, record};
        struct ending ending;

        ending_init(&ending, record->options.status_fd);
        note_beginning(record);
        record->end = source_read(record->source, &calls, &ending, &stop);
        progress_end(&record->progress);
        if (record->end == SOURCE_FAILED)
                diag_warn("%s: reading stopped: %s; the profile holds what came before", record->options.input,
                          strerror(errno));
        if (record->end != SOURCE_STOPPED)
                ending_wait(&ending, ENDING_WAIT_MS);
        if (source_is_raw(record->source))
                tell_damage(record);
        else
                note_ending(record, &ending);
        raw_file_close(record->raw);
        snapshot_end(&record->snapshot, source_snapshot(record->source));
}

static int nothing_came(const struct record *record)
{
        const char *input = record->options.input;
        unsigned version = source_version_other(record->source);
        struct raw_damage damage;

        source_raw_damage(record->source, &damage);
        if (damage.version_raw > RAW_VERSION)
                diag_warn(
                        "%s: raw format %u is newer than this program (reads up to %d); use the heaptap that wrote it",
                        input, damage.version_raw, RAW_VERSION);
        else if (damage.version_raw)
                diag_warn(
                        "%s: its events are of format %u, this program reads format %u; use the heaptap that wrote it",
                        input, damage.version_wire, WIRE_VERSION);
        else if (version)
                diag_warn("%s: the events are of format %u, this program reads format %u: use the libheaptap.so that "
                          "was installed with it",
                          input, version, WIRE_VERSION);
        else if (source_is_file(record->source))
                diag_warn("%s holds no events that can be read; record them again", input);
        else
                diag_warn("the program never connected: it is linked statically, setuid, of another architecture, or "
                          "ended before main");
        return DIAG_EXIT_NEVER_CONNECTED;
}

static void write_profile(struct record *record, const char *path)
{
        char *trouble = put_profile(record, path, record->options.force);

        if (trouble)
                diag_die("%s", trouble);
        if (record->options.latest && !publish_latest(path))
                diag_warn("heaptap.latest cannot be linked to %s: %s", path, strerror(errno));
}

static int print_report(const struct record_options *options, const char *profile)
{
        bool to_stderr = options->report && strcmp(options->report, "-") == 0;
        FILE *out = !options->report ? NULL : to_stderr ? stderr : fopen(options->report, "we");
        int status;

        if (!options->report)
                return 0;
        if (!out)
                diag_die("the report %s cannot be written: %s; the profile is %s", options->report, strerror(errno),
                         profile);
        status = report_print(
                profile, out,
                &(struct report_options){
                        .format = options->format && strcmp(options->format, "json") == 0 ? REPORT_JSON : REPORT_TEXT,
                        .top = options->top,
                });
        if ((to_stderr ? fflush(out) : fclose(out)) != 0)
                diag_die("the report %s cannot be written: %s; the profile is %s", options->report, strerror(errno),
                         profile);
        return status;
}

/* A limit on the size of files is meant for the program. */
static void lift_file_limit(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
            setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_FSIZE, &limit);
}

/* Their text goes into the profile, so that it can be reported again when the files are gone. */
static void load_suppressions(struct record *record)
{
        const struct option_texts *files = &record->options.suppressions;
        struct store_suppressions *suppressions = xcalloc(files->count + 1, sizeof *suppressions);

        for (size_t i = 0; i < files->count; i++) {
                suppressions[i] = (struct store_suppressions){files->text[i], suppress_file_read(files->text[i])};
                if (!suppressions[i].text)
                        exit(DIAG_EXIT_USAGE);
        }
        record->notes.facts.suppressions = suppressions;
        record->notes.facts.suppressions_count = files->count;
}

int command_record(int argc, char **argv)
{
        struct record record = {.model = model_create()};
        int status;

        parse_options(argc, argv, &record.options);
        catch_signals(record.options.status_fd >= 0);
        check_names(&record.options);
        load_suppressions(&record);
        lift_file_limit();
        open_source(&record);
        if (record.options.raw)
                record.raw =
                        raw_file_open(record.options.raw, record.options.force, record.model, wait_for_disk, &record);
        tell_ready(&record.options);
        read_source(&record);
        if (!record.model->processes) {
                status = nothing_came(&record);
        } else {
                char *path = profile_name_expand_of("output", record.options.output, model_main(record.model));

                if (!path)
                        exit(DIAG_EXIT_USAGE);
                finish(&record);
                write_profile(&record, path);
                model_free(record.model);
                record.model = NULL;
                if (record.options.report)
                        malloc_trim(0); /* the report is made from the profile, in the room that this leaves */
                status = print_report(&record.options, path);
                free(path);
        }
        source_close(record.source);
        if (record.model)
                model_free(record.model);
        return status;
}

/* Ctrl-C shows what there is; what the report does with signals is its own business again. */
int record_file(const char *input, const char *profile)
{
        struct record record = {.model = model_create(), .options = {.input = input, .status_fd = -1, .force = true}};
        int status = 0;

        catch_signals(false);
        open_source(&record);
        read_source(&record);
        if (!record.model->processes) {
                nothing_came(&record);
                status = DIAG_EXIT_FAILURE;
        } else {
                finish(&record);
                write_profile(&record, profile);
        }
        leave_signals();
        source_close(record.source);
        model_free(record.model);
        return status;
}
