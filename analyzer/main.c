/* heaptap-analyze: which command. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/commands/check.h"
#include "analyzer/commands/diff.h"
#include "analyzer/commands/export.h"
#include "analyzer/commands/record.h"
#include "analyzer/commands/report.h"
#include "analyzer/commands/run.h"
#include "analyzer/commands/snapshot.h"
#include "analyzer/diag.h"

struct command {
        const char *name;
        int (*run)(int argc, char **argv); /* argv[0] is the name */
        const char *help;
};

static const struct command commands[] = {
        {"run", command_run, "run a program under the profiler"},
        {"check", command_check, "run a program and fail if it leaks"},
        {"record", command_record, "read a pipe of events into a profile"},
        {"snapshot", command_snapshot, "write a profile of a program that runs"},
        {"report", command_report, "print what a profile holds"},
        {"diff", command_diff, "print what differs between two profiles"},
        {"export", command_export, "write a profile for another program"},
};

static void print_help(void)
{
        puts("usage: heaptap-analyze COMMAND [options]\n");
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
                printf("  %-8s %s\n", commands[i].name, commands[i].help);
        puts("\nheaptap-analyze COMMAND --help tells about its options.\n"
             "heaptap-analyze --input FIFO … is short for heaptap-analyze record --input FIFO …");
}

int main(int argc, char **argv)
{
        static char record[] = "record";

        /* Only one thread has to do with it: no locks, and no counts of what is allocated. */
        sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        if (argc < 2 || strcmp(argv[1], "--help") == 0) {
                print_help();
                return argc < 2 ? DIAG_EXIT_USAGE : 0;
        }
        if (strcmp(argv[1], "--version") == 0) {
                puts("heaptap " HEAPTAP_VERSION);
                return 0;
        }
        if (strncmp(argv[1], "--input", strlen("--input")) == 0) {
                argv[0] = record;
                return command_record(argc, argv);
        }
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
                if (strcmp(argv[1], commands[i].name) == 0)
                        return commands[i].run(argc - 1, argv + 1);
        diag_usage("%s is not a command; heaptap-analyze --help lists them", argv[1]);
}
