/* The options of `run`: from the command line, else from the environment, else as given here. */
#ifndef ANALYZER_COMMANDS_RUN_OPTIONS_H
#define ANALYZER_COMMANDS_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/options.h"

struct run_options {
        bool quiet;
        bool force;
        bool follow;
        bool drop;
        const char *output;      /* the profile; % sequences are not expanded yet */
        const char *raw;         /* the raw file, or NULL: none; % sequences as in output */
        const char *report;      /* a file, or NULL: standard error */
        const char *format;      /* NULL: the reader's own choice, as below */
        const char *top;         /* a number, or NULL */
        const char *trace;       /* off, full */
        const char *sample;      /* bytes, of which one is sampled, or NULL */
        const char *stack_depth; /* a number, or NULL */
        const char *unwind;      /* own, libunwind, verify, verify-all, or NULL */
        bool debug, canaries, encode_links;
        const char *fill;       /* zero, junk, or NULL */
        const char *quarantine; /* bytes, or NULL */
        const char *guard;      /* one allocation in so many, or NULL */
        const char *on_error;   /* report, abort, or NULL */
        const char *retain;     /* these two: a size, or NULL */
        const char *retain_most;
        const char *decay_ms;             /* a number, or NULL */
        const char *governor;             /* on, off, or NULL */
        struct option_texts suppressions; /* files */
        const char *leak_check;           /* on, off, or NULL */
        const char *leak_check_every;     /* a time, or NULL */
        const char *stop;                 /* signal, ptrace, or NULL */
        const char *leak_signal;          /* a real-time signal, or NULL */
        bool who;
        const char *library; /* libheaptap.so, or NULL: beside this program */
        /* Of check alone; texts as given, or NULL. */
        const char *max_leaked; /* bytes, or percent of what was requested */
        const char *max_leaks, *max_peak, *max_allocations, *baseline;
        bool possible;
        uint64_t given; /* a bit for each option that was set, in the order of their list */
};

enum run_action {
        RUN_PROGRAM,
        RUN_DONE, /* help or the version was printed */
        RUN_USAGE /* what is wrong was printed */
};

/* argv[0] is "run" or "check". */
enum run_action run_options_parse(int argc, char **argv, struct run_options *ret_options, char ***ret_program);

/* Bytes, perhaps with K, M, G or T behind, as the options take them. */
uint64_t run_options_size(const char *text);

#endif
