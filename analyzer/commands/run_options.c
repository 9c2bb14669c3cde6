/* The options of `run`, their names in the environment, and the help. */
#include "analyzer/commands/run_options.h"

#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/diag.h"
#include "wire/weight.h"

enum {
        LONG_NAME_BYTES_MAX = 32,
};

enum value_kind {
        VALUE_FLAG,
        VALUE_TEXT,
        VALUE_FILES,  /* one, as often as it is given; in the environment several, with : between */
        VALUE_COUNT,  /* 0 or more */
        VALUE_SIZE,   /* bytes, or with K, M, G or T behind */
        VALUE_SHARE,  /* the same, or a number of percent with % behind */
        VALUE_TIME,   /* a number of seconds, or with ms, s, m or h behind */
        VALUE_SIGNAL, /* a real-time one: a number, or counted from RTMIN or RTMAX */
        VALUE_CHOICE, /* one of the words in choices */
};

struct option {
        const char *name;
        char letter;
        enum value_kind kind;
        const char *choices; /* separated by | */
        size_t offset;       /* in struct run_options */
        bool check;          /* of check alone */
};

#define FIELD(name)          offsetof(struct run_options, name), false
#define FIELD_OF_CHECK(name) offsetof(struct run_options, name), true

static const struct option option_list[] = {
        {"quiet", 'q', VALUE_FLAG, NULL, FIELD(quiet)},
        {"output", 'o', VALUE_TEXT, NULL, FIELD(output)},
        {"force", 'f', VALUE_FLAG, NULL, FIELD(force)},
        {"raw", 0, VALUE_TEXT, NULL, FIELD(raw)},
        {"report", 0, VALUE_TEXT, NULL, FIELD(report)},
        {"format", 0, VALUE_CHOICE, "text|json", FIELD(format)},
        {"top", 0, VALUE_COUNT, NULL, FIELD(top)},
        {"follow", 0, VALUE_FLAG, NULL, FIELD(follow)},
        {"trace", 0, VALUE_CHOICE, "off|full", FIELD(trace)},
        {"sample", 0, VALUE_SIZE, NULL, FIELD(sample)},
        {"stack-depth", 0, VALUE_COUNT, NULL, FIELD(stack_depth)},
        {"unwind", 0, VALUE_CHOICE, "own|libunwind|verify|verify-all", FIELD(unwind)},
        {"debug", 0, VALUE_FLAG, NULL, FIELD(debug)},
        {"canaries", 0, VALUE_FLAG, NULL, FIELD(canaries)},
        {"fill", 0, VALUE_CHOICE, "zero|junk", FIELD(fill)},
        {"quarantine", 0, VALUE_SIZE, NULL, FIELD(quarantine)},
        {"guard", 0, VALUE_COUNT, NULL, FIELD(guard)},
        {"encode-links", 0, VALUE_FLAG, NULL, FIELD(encode_links)},
        {"on-error", 0, VALUE_CHOICE, "report|abort", FIELD(on_error)},
        {"drop", 0, VALUE_FLAG, NULL, FIELD(drop)},
        {"retain", 0, VALUE_SIZE, NULL, FIELD(retain)},
        {"retain-most", 0, VALUE_SIZE, NULL, FIELD(retain_most)},
        {"decay-ms", 0, VALUE_COUNT, NULL, FIELD(decay_ms)},
        {"governor", 0, VALUE_CHOICE, "on|off", FIELD(governor)},
        {"leak-check", 0, VALUE_CHOICE, "on|off", FIELD(leak_check)},
        {"leak-check-every", 0, VALUE_TIME, NULL, FIELD(leak_check_every)},
        {"stop", 0, VALUE_CHOICE, "signal|ptrace", FIELD(stop)},
        {"leak-signal", 0, VALUE_SIGNAL, NULL, FIELD(leak_signal)},
        {"who", 0, VALUE_FLAG, NULL, FIELD(who)},
        {"suppressions", 0, VALUE_FILES, NULL, FIELD(suppressions)},
        {"max-leaked", 0, VALUE_SHARE, NULL, FIELD_OF_CHECK(max_leaked)},
        {"max-leaks", 0, VALUE_COUNT, NULL, FIELD_OF_CHECK(max_leaks)},
        {"max-peak", 0, VALUE_SIZE, NULL, FIELD_OF_CHECK(max_peak)},
        {"max-allocations", 0, VALUE_SIZE, NULL, FIELD_OF_CHECK(max_allocations)},
        {"baseline", 0, VALUE_TEXT, NULL, FIELD_OF_CHECK(baseline)},
        {"possible", 0, VALUE_FLAG, NULL, FIELD_OF_CHECK(possible)},
        {"library", 0, VALUE_TEXT, NULL, FIELD(library)},
};

enum {
        OPTION_COUNT = sizeof(option_list) / sizeof(option_list[0]),
};

static const char short_help[] =
        "heaptap shows where a program's memory goes, exactly and without changing the program.\n"
        "\n"
        "  heaptap ./program args…            run it; the report follows when it has ended\n"
        "  heaptap -o run.heap ./program      name the profile that the run leaves behind\n"
        "  heaptap --report out.txt ./program write the report to a file\n"
        "  heaptap report                     the last report again\n"
        "  heaptap report --format json       the same for a machine\n"
        "  heaptap check ./program            fail if it leaks: for tests\n"
        "\n"
        "heaptap --help lists the options; the manual page is heaptap(1).\n";

static const char long_help[] =
        "Usage: heaptap [run] [options] [--] PROGRAM [ARGUMENTS]\n"
        "       heaptap report [PROFILE|RAW|latest] [options]\n"
        "       heaptap check [options] [--] PROGRAM [ARGUMENTS]\n"
        "       heaptap snapshot PID [options]\n"
        "       heaptap diff OLD NEW [options]\n"
        "       heaptap export FORMAT [PROFILE|latest] [options]\n"
        "\n"
        "Runs PROGRAM under the profiler and reports after it has ended. The exit status is PROGRAM's.\n"
        "\n"
        "  -q, --quiet              print no report, only errors\n"
        "  -o, --output FILE        the profile; default heaptap.%e.%p.heap\n"
        "                           %p pid, %h host, %e program, %t time, %q{VAR} environment, %% a percent sign\n"
        "      --raw FILE           keep every event in FILE, too, to be analysed again; named as --output\n"
        "  -f, --force              overwrite a profile or raw file that exists\n"
        "      --report FILE        write the report to FILE; default standard error\n"
        "      --format text|json   of the report; default text\n"
        "      --top N              rows in each table of the report, 0 for all\n"
        "      --leak-check=on|off  off: do not look for leaks at exit; default on\n"
        "      --leak-check-every T look for leaks in the running program, too: 500ms, 10s, 5m; the report says which "
        "keep\n"
        "                           coming\n"
        "      --who                tell of each place whose blocks are reachable who points at one of them\n"
        "      --stop=signal|ptrace how threads are stopped for that; default a signal of their own\n"
        "      --leak-signal N      which: a real-time signal, RTMIN+n or RTMAX-n; default one that is free\n"
        "      --suppressions FILE  leave out the leaks that FILE names, in lines leak:PATTERN; several: once for "
        "each\n"
        "      --follow             trace the programs that PROGRAM executes, too\n"
        "      --trace=off|full     off: the allocator alone, with a report on its pools; default full\n"
        "      --sample SIZE        record a sample of blocks, one byte in SIZE (512K is usual): hardly any cost, and\n"
        "                           estimates with their intervals\n"
        "      --stack-depth N      frames to record, counted from the innermost; default 0: all\n"
        "      --unwind=own|libunwind|verify|verify-all\n"
        "                           who walks the stack; verify compares one capture in 64 with libunwind's\n"
        "      --on-error=report|abort\n"
        "                           abort: the first wrong free ends PROGRAM with SIGABRT; default report\n"
        "      --debug              look for writes behind blocks and after their free; note where blocks are freed:\n"
        "                           --canaries --fill=junk --quarantine=16M, and more\n"
        "      --canaries           see whether the bytes behind a block have changed when it is freed\n"
        "      --fill=zero|junk     overwrite free blocks\n"
        "      --quarantine SIZE    keep so much of what was freed from being used again, and see whether it changes\n"
        "      --guard N            one small block in N has pages of its own: SIGSEGV when written behind its end\n"
        "      --encode-links       free lists that cannot be forged\n"
        "      --drop               drop events, and count them, rather than let PROGRAM wait for the analyzer\n"
        "      --retain SIZE        free memory that the pools keep for good; --retain-most SIZE: that they keep at\n"
        "                           most; --decay-ms N: how long they keep what is between; default 2M, 128M, 1000\n"
        "      --governor=on|off    off: keep as much when memory gets short; default on\n"
        "  -h, --help               this text\n"
        "      --version            the version\n"
        "\n"
        "Each option can be set in the environment as well: HEAPTAP_STACK_DEPTH=64 is --stack-depth 64.\n"
        "The first word is a command only if it is run, report, check or snapshot; heaptap -- report runs a program "
        "called "
        "report.\n"
        "Exit status: PROGRAM's own, or its signal; 2 wrong usage, 125 heaptap failed, 126 PROGRAM cannot be\n"
        "executed, 127 PROGRAM was not found.\n";

static const char check_help[] =
        "Usage: heaptap check [options] [--] PROGRAM [ARGUMENTS]\n"
        "\n"
        "Runs PROGRAM as heaptap run does, prints nothing if it keeps within the limits, and fails with 99 if not, "
        "after\n"
        "the report on what leaks. Without limits none may leak.\n"
        "\n"
        "      --max-leaked SIZE|N%     bytes that may be lost, definitely or indirectly; %: of all that was "
        "requested\n"
        "      --max-leaks N            places that may lose blocks\n"
        "      --possible               possibly lost blocks count, too\n"
        "      --max-peak SIZE          bytes that may be alive at once\n"
        "      --max-allocations N      allocations, of all processes\n"
        "      --baseline PROFILE       what each place lost in that run may be lost again, and no more\n"
        "\n"
        "The options of run hold here as well; heaptap --help lists them. Exit status: PROGRAM's own or its signal, if "
        "that\n"
        "is not 0; 99 if a limit was broken; 125 if nothing can be said, for there was no scan for leaks.\n";

__attribute__((format(printf, 1, 2))) static bool complain(const char *format, ...)
{
        char text[1024];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        diag_warn("%s; see heaptap --help", text);
        return false;
}

static bool choice_has(const char *choices, const char *word)
{
        size_t bytes = strlen(word);

        while (choices) {
                if (!strncmp(choices, word, bytes) && (choices[bytes] == '|' || !choices[bytes]) && bytes)
                        return true;
                choices = strchr(choices, '|');
                choices += choices != NULL;
        }
        return false;
}

static bool count_ok(const char *text)
{
        size_t digits = strspn(text, "0123456789");

        return digits && digits < 10 && !text[digits];
}

static bool size_ok(const char *text)
{
        size_t digits = strspn(text, "0123456789");

        return digits && digits < 13 && (!text[digits] || (strchr("KMGT", text[digits]) && !text[digits + 1]));
}

static bool share_ok(const char *text)
{
        size_t digits = strspn(text, "0123456789");

        return size_ok(text) || (digits && digits < 4 && !strcmp(text + digits, "%"));
}

static bool time_ok(const char *text)
{
        size_t digits = strspn(text, "0123456789");

        return digits && digits < 7 && (!text[digits] || choice_has("ms|s|m|h", text + digits));
}

static bool signal_ok(const char *text)
{
        int from = !strncmp(text, "RTMIN+", 6) ? SIGRTMIN : !strncmp(text, "RTMAX-", 6) ? SIGRTMAX : 0;
        const char *number = from ? text + 6 : text;
        int value = count_ok(number) ? atoi(number) : -1;

        if (from)
                value = value < 0 ? -1 : from == SIGRTMIN ? from + value : from - value;
        return !strcmp(text, "RTMIN") || !strcmp(text, "RTMAX") || (value >= SIGRTMIN && value <= SIGRTMAX);
}

/* Of what size_ok found well. */
uint64_t run_options_size(const char *text)
{
        static const char units[] = "KMGT";
        char *end;
        uint64_t bytes = strtoull(text, &end, 10);
        const char *unit = *end ? strchr(units, *end) : NULL;

        for (; unit && unit >= units; unit--)
                bytes = bytes < UINT64_MAX / 1024 ? bytes * 1024 : UINT64_MAX;
        return bytes;
}

/* As written in the environment, or behind --flag=. */
static bool flag_read(const char *text, bool *ret_flag)
{
        if (choice_has("1|yes|on|true", text))
                *ret_flag = true;
        else if (choice_has("0|no|off|false", text))
                *ret_flag = false;
        else
                return false;
        return true;
}

static bool option_set(const struct option *option, const char *said_as, const char *value, struct run_options *options)
{
        void *field = (char *)options + option->offset;

        options->given |= UINT64_C(1) << (option - option_list);
        switch (option->kind) {
        case VALUE_FLAG:
                return flag_read(value, field) || complain("%s is 1 or 0, not \"%s\"", said_as, value);
        case VALUE_COUNT:
                if (!count_ok(value))
                        return complain("%s takes a number, not \"%s\"", said_as, value);
                break;
        case VALUE_SIZE:
                if (!size_ok(value))
                        return complain("%s takes bytes, as 4096, 512K or 64M, not \"%s\"", said_as, value);
                break;
        case VALUE_SHARE:
                if (!share_ok(value))
                        return complain("%s takes bytes, as 4096, 512K or 64M, or percent, as 1%%, not \"%s\"", said_as,
                                        value);
                break;
        case VALUE_TIME:
                if (!time_ok(value))
                        return complain("%s takes a time, as 500ms, 10s, 5m or 1h, not \"%s\"", said_as, value);
                break;
        case VALUE_SIGNAL:
                if (!signal_ok(value))
                        return complain("%s takes a real-time signal, %d to %d, RTMIN+n or RTMAX-n, not \"%s\"",
                                        said_as, SIGRTMIN, SIGRTMAX, value);
                break;
        case VALUE_CHOICE:
                if (!choice_has(option->choices, value))
                        return complain("%s is one of %s, not \"%s\"", said_as, option->choices, value);
                break;
        case VALUE_TEXT:
                if (!*value)
                        return complain("%s needs a value", said_as);
                break;
        case VALUE_FILES:
                option_texts_add(field, value);
                return true;
        }
        memcpy(field, &value, sizeof(value));
        return true;
}

/* What the command line gave stays. It is read first, so that a wrong variable does not keep the help away. */
static bool environment_read(struct run_options *options, bool check)
{
        for (size_t i = 0; i < OPTION_COUNT; i++) {
                char name[LONG_NAME_BYTES_MAX] = "HEAPTAP_";
                size_t bytes = strlen(name);
                const char *value;

                if (option_list[i].check && !check)
                        continue;
                for (const char *c = option_list[i].name; *c; c++)
                        name[bytes++] = (char)(*c == '-' ? '_' : toupper(*c));
                value = getenv(name);
                if (!value || !*value || options->given & UINT64_C(1) << i)
                        continue;
                if (option_list[i].kind == VALUE_FILES)
                        option_texts_split((void *)((char *)options + option_list[i].offset), value);
                else if (!option_set(&option_list[i], name, value, options))
                        return false;
        }
        return true;
}

static const struct option *option_find(const char *name, size_t bytes, bool check)
{
        for (size_t i = 0; i < OPTION_COUNT; i++)
                if ((check || !option_list[i].check) && !strncmp(option_list[i].name, name, bytes) &&
                    !option_list[i].name[bytes])
                        return &option_list[i];
        return NULL;
}

static const struct option *option_find_letter(char letter)
{
        for (size_t i = 0; i < OPTION_COUNT; i++)
                if (option_list[i].letter == letter)
                        return &option_list[i];
        return NULL;
}

/* One --name, --name=value or --name value. Moves *at past what it took. */
static bool long_option_read(char **argv, int *at, bool check, struct run_options *options)
{
        const char *word = argv[(*at)++];
        const char *value = strchr(word, '=');
        size_t bytes = value ? (size_t)(value - word) : strlen(word);
        const struct option *option = option_find(word + 2, bytes - 2, check);
        char said_as[LONG_NAME_BYTES_MAX];

        if (!option)
                return complain("unknown option %.*s", (int)bytes, word);
        snprintf(said_as, sizeof(said_as), "--%s", option->name);
        if (value)
                value++;
        else if (option->kind == VALUE_FLAG)
                value = "1";
        else if (argv[*at])
                value = argv[(*at)++];
        else
                return complain("%s needs a value", said_as);
        return option_set(option, said_as, value, options);
}

/* One word of letters: -q, -qf, -oFILE, -o FILE. Moves *at past what it took. */
static bool letters_read(char **argv, int *at, struct run_options *options)
{
        const char *word = argv[(*at)++];

        for (const char *letter = word + 1; *letter; letter++) {
                const struct option *option = option_find_letter(*letter);
                const char said_as[] = {'-', *letter, '\0'};

                if (!option)
                        return complain("unknown option -%c", *letter);
                if (option->kind == VALUE_FLAG) {
                        if (!option_set(option, said_as, "1", options))
                                return false;
                        continue;
                }
                if (letter[1])
                        return option_set(option, said_as, letter + 1, options);
                if (argv[*at])
                        return option_set(option, said_as, argv[(*at)++], options);
                return complain("-%c needs a value", *letter);
        }
        return true;
}

static bool text_print(const char *text)
{
        return fputs(text, stdout) >= 0 && fflush(stdout) == 0;
}

/* A rate that the recorder would not take would not do what was asked for. */
static bool sample_possible(const struct run_options *options)
{
        if (!options->sample)
                return true;
        if (strcmp(options->trace, "off") == 0)
                return complain("--sample needs --trace=full");
        if (run_options_size(options->sample) == 0 || run_options_size(options->sample) > WIRE_SAMPLE_RATE_MAX)
                return complain("--sample takes 1 byte to 1G, not \"%s\"", options->sample);
        return true;
}

/* They all need the records that tracing keeps beside the blocks. */
static bool checks_possible(const struct run_options *options)
{
        bool any = options->debug || options->canaries || options->fill || options->quarantine || options->guard ||
                   options->encode_links;

        if (any && options->sample)
                return complain(
                        "--debug, --canaries, --fill, --quarantine, --guard and --encode-links look at every block, "
                        "--sample at few");
        if (!any || strcmp(options->trace, "off") != 0)
                return true;
        return complain("--debug, --canaries, --fill, --quarantine, --guard and --encode-links need --trace=full");
}

/* Scans need the record of every block. */
static bool leaks_possible(const struct run_options *options)
{
        bool off = options->leak_check && !strcmp(options->leak_check, "off");
        bool wanted = options->leak_check_every || options->who || (options->leak_check && !off);

        if (wanted && (options->sample || !strcmp(options->trace, "off")))
                return complain("--leak-check, --leak-check-every and --who need the records of all blocks: neither "
                                "--sample nor --trace=off goes with them");
        if (options->who && off && !options->leak_check_every)
                return complain("--who needs a scan for leaks: not --leak-check=off, or --leak-check-every as well");
        return true;
}

enum run_action run_options_parse(int argc, char **argv, struct run_options *ret_options, char ***ret_program)
{
        struct run_options options = {.output = "heaptap.%e.%p.heap", .trace = "full"};
        bool check = !strcmp(argv[0], "check");
        int at = 1;

        if (argc < 2 && !check)
                return text_print(short_help) ? RUN_DONE : RUN_USAGE;
        while (at < argc && argv[at][0] == '-' && argv[at][1]) {
                const char *word = argv[at];

                if (!strcmp(word, "--")) {
                        at++;
                        break;
                }
                if (!strcmp(word, "--help") || !strcmp(word, "-h"))
                        return text_print(check ? check_help : long_help) ? RUN_DONE : RUN_USAGE;
                if (!strcmp(word, "--version"))
                        return text_print("heaptap " HEAPTAP_VERSION "\n") ? RUN_DONE : RUN_USAGE;
                if (word[1] == '-' ? !long_option_read(argv, &at, check, &options) : !letters_read(argv, &at, &options))
                        return RUN_USAGE;
        }
        if (at >= argc) {
                complain("no program to run was named");
                return RUN_USAGE;
        }
        if (!environment_read(&options, check) || !sample_possible(&options) || !checks_possible(&options) ||
            !leaks_possible(&options))
                return RUN_USAGE;
        *ret_options = options;
        *ret_program = argv + at;
        return RUN_PROGRAM;
}
