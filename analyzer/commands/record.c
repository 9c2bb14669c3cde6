/* Reads until no process writes any more, then writes the profile and prints the report. */
#include "analyzer/commands/record.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/commands/profile_name.h"
#include "analyzer/commands/report.h"
#include "analyzer/diag.h"
#include "analyzer/input/session.h"
#include "analyzer/input/source.h"
#include "analyzer/model/catalog.h"
#include "analyzer/options.h"
#include "analyzer/reports/report.h"
#include "analyzer/store/publish.h"
#include "analyzer/store/store.h"
#include "wire/session.h"

enum { ENDING_WAIT_MS = 5000 };

struct record_options {
        const char *input, *output, *report, *format;
        bool force, latest;
        int top, ready_fd, status_fd;
};

struct record {
        struct record_options options;
        struct model *model;
        struct source *source;
        struct ending ending;
        enum source_end end;
};

static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
        (void)signal;
        stop = 1;
}

static uint64_t now_ns(clockid_t clock)
{
        struct timespec now;

        clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void take_frame(void *context, const uint8_t *frame, size_t bytes, bool salvaged)
{
        struct record *record = context;

        model_frame(record->model, frame, bytes, salvaged);
}

/* What the kernel says is resident of a process now, and at most was. False: it is gone. */
static bool resident_bytes(uint32_t pid, uint64_t *ret_bytes, uint64_t *ret_peak)
{
        char path[64], line[256];
        unsigned long long kib;
        FILE *file;

        snprintf(path, sizeof path, "/proc/%u/status", pid);
        file = fopen(path, "re");
        if (!file)
                return false;
        *ret_bytes = *ret_peak = 0;
        while (fgets(line, sizeof line, file)) {
                if (sscanf(line, "VmHWM: %llu", &kib) == 1)
                        *ret_peak = kib * 1024;
                else if (sscanf(line, "VmRSS: %llu", &kib) == 1)
                        *ret_bytes = kib * 1024;
        }
        fclose(file);
        return true;
}

static void sample_resident(void *context)
{
        struct model *model = ((struct record *)context)->model;
        uint64_t bytes, peak, time_ns = now_ns(CLOCK_MONOTONIC);

        for (struct process *process = model->processes; process; process = process->hh.next) {
                if (!process->told || process->exited || process->gone || process->flags & WIRE_PROCESS_APART)
                        continue;
                process->gone = !resident_bytes(process->pid, &bytes, &peak);
                if (!process->gone && bytes)
                        model_rss(model, process, time_ns, bytes, peak);
        }
}

/* Under a supervisor the terminal's signals are the program's business. By hand, Ctrl-C means: show what there is. */
static void catch_signals(bool supervised)
{
        static const int signals[] = {SIGINT, SIGHUP, SIGQUIT};
        struct sigaction action = {.sa_handler = on_stop};

        sigaction(SIGTERM, &action, NULL);
        if (supervised)
                action.sa_handler = SIG_IGN;
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
                sigaction(signals[i], &action, NULL);
        action.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &action, NULL);
        sigaction(SIGXFSZ, &action, NULL);
}

static void parse_options(int argc, char **argv, struct record_options *options)
{
        const struct option_spec table[] = {
                {"input", 0, OPTION_TEXT, &options->input, "FIFO", "read events from here (a FIFO, or a file of them)"},
                {"output", 'o', OPTION_TEXT, &options->output, "PROFILE",
                 "write the profile there; %p %e %h %t %q{VAR}"},
                {"force", 'f', OPTION_FLAG, &options->force, NULL, "overwrite an existing profile"},
                {"latest", 0, OPTION_FLAG, &options->latest, NULL, "link heaptap.latest to the profile"},
                {"report", 0, OPTION_TEXT, &options->report, "FILE", "print the report there; - is standard error"},
                {"format", 0, OPTION_TEXT, &options->format, "FORMAT", "of the report: text or json"},
                {"top", 0, OPTION_NUMBER, &options->top, "N", "rows in each table of the report"},
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
static void check_output(const struct record_options *options)
{
        char *name = profile_name_expand(options->output, 0, "program");

        if (!name)
                exit(DIAG_EXIT_USAGE);
        if (!profile_name_check(name, options->force || strchr(options->output, '%')))
                exit(DIAG_EXIT_FAILURE);
        free(name);
}

static void open_source(struct record *record)
{
        const struct record_options *options = &record->options;

        record->source = source_open(options->input);
        if (!record->source && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT))
                diag_die("no room for %s.shared: %s; it needs %d MiB there", options->input, strerror(errno),
                         (SESSION_BYTES >> 20) + 1);
        if (!record->source)
                diag_die("%s cannot be read: %s; make it with mkfifo, in a directory where files can be made",
                         options->input, strerror(errno));
        if (options->ready_fd >= 0) {
                if (write(options->ready_fd, "R", 1) != 1)
                        diag_warn("the supervisor has gone: %s", strerror(errno));
                close(options->ready_fd);
        }
}

static void read_source(struct record *record)
{
        const struct source_calls calls = {take_frame, sample_resident, record};

        ending_init(&record->ending, record->options.status_fd);
        record->end = source_read(record->source, &calls, &record->ending, &stop);
        if (record->end == SOURCE_FAILED)
                diag_warn("%s: reading stopped: %s; the profile holds what came before", record->options.input,
                          strerror(errno));
        if (record->end != SOURCE_STOPPED)
                ending_wait(&record->ending, ENDING_WAIT_MS);
}

static int nothing_came(const struct record *record)
{
        unsigned version = source_version_other(record->source);

        if (version)
                diag_warn("%s: the events are of format %u, this program reads format %u: use the libheaptap.so that "
                          "was installed with it",
                          record->options.input, version, WIRE_VERSION);
        else if (source_is_file(record->source))
                diag_warn("%s holds no events", record->options.input);
        else
                diag_warn("the program never connected: it is linked statically, setuid, of another architecture, or "
                          "ended before main");
        return DIAG_EXIT_NEVER_CONNECTED;
}

static void find_running(struct record *record)
{
        for (struct process *process = record->model->processes; process; process = process->hh.next)
                process->running = record->end == SOURCE_STOPPED && process->told && !process->exited &&
                                   !process->gone &&
                                   (process->flags & WIRE_PROCESS_APART || session_process_lives(process->pid, 0));
}

/* What the supervisor says of the main process. Its peak counts reaped children too, so samples are better, if there
 * are any: a short run has none. */
static void take_usage(struct record *record)
{
        const struct ending *ending = &record->ending;
        struct process *main = model_main(record->model);

        if (!ending->known || !ending->rss_bytes)
                return;
        if (!main->rss_max)
                main->rss_max = ending->rss_bytes;
        main->cpu_known = true;
        main->cpu_user_us = ending->cpu_user_us;
        main->cpu_system_us = ending->cpu_system_us;
}

static struct store_facts collect_facts(const struct record *record)
{
        const struct process *main = model_main(record->model);
        struct store_facts facts = {
                .exit_known = record->ending.known,
                .exit_status = record->ending.exit_status,
                .exit_signal = record->ending.exit_signal,
                .interrupted = record->end == SOURCE_STOPPED,
                .damages = source_damages(record->source),
                .costs = !source_is_file(record->source),
        };

        /* Nothing of now goes into the profile of a file: it gives the same profile every time. */
        if (!source_is_file(record->source) && main->told)
                facts.start_unix_ns = now_ns(CLOCK_REALTIME) - (now_ns(CLOCK_MONOTONIC) - main->start_ns);
        return facts;
}

static char *profile_name(const struct record *record)
{
        const struct process *main = model_main(record->model);
        const char *exe = main->told && *main->exe ? main->exe : "unknown";
        const char *slash = strrchr(exe, '/');
        char *name = profile_name_expand(record->options.output, (pid_t)main->pid, slash ? slash + 1 : exe);

        if (!name)
                exit(DIAG_EXIT_USAGE);
        return name;
}

static void write_profile(struct record *record, const char *path)
{
        struct store_facts facts;
        struct catalog *catalog = catalog_create(record->model);
        char *temporary = publish_begin(path), *trouble;

        if (!temporary)
                diag_die("the profile %s cannot be written: %s; choose another place with -o FILE", path,
                         strerror(errno));
        take_usage(record);
        facts = collect_facts(record);
        if (!store_write(temporary, record->model, catalog, &facts, &trouble)) {
                unlink(temporary);
                diag_die("the profile %s cannot be written: %s; is the disk full?", path, trouble);
        }
        if (!publish_end(temporary, path, record->options.force))
                diag_die("the profile cannot be named %s: %s; it was left as %s (-f overwrites)", path, strerror(errno),
                         temporary);
        if (record->options.latest && !publish_latest(path))
                diag_warn("heaptap.latest cannot be linked to %s: %s", path, strerror(errno));
        free(temporary);
        catalog_free(catalog);
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

int command_record(int argc, char **argv)
{
        struct record record = {.model = model_create()};
        int status;

        parse_options(argc, argv, &record.options);
        catch_signals(record.options.status_fd >= 0);
        check_output(&record.options);
        lift_file_limit();
        open_source(&record);
        read_source(&record);
        if (!record.model->processes) {
                status = nothing_came(&record);
        } else {
                char *path = profile_name(&record);

                find_running(&record);
                record.model->frames_unshared = source_unshared(record.source);
                model_finish(record.model);
                write_profile(&record, path);
                status = print_report(&record.options, path);
                free(path);
        }
        source_close(record.source);
        model_free(record.model);
        return status;
}
