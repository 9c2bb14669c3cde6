/* Starts the reader and PROGRAM, passes signals on, and ends as PROGRAM ended. */
#ifndef ANALYZER_COMMANDS_SUPERVISE_H
#define ANALYZER_COMMANDS_SUPERVISE_H

#include "analyzer/commands/program.h"
#include "analyzer/commands/run_options.h"

#include <stdbool.h>

struct supervised {
        int wait_status;   /* of PROGRAM, as waitpid gives it */
        bool reader_ended; /* well: there is a profile */
        char *profile;     /* its name; to be freed */
};

/* Returns 0, or the exit status after printing why PROGRAM did not run; then nothing is filled in. */
int supervise(const struct run_options *options, const struct program *program, struct supervised *ret_supervised);

/* PROGRAM's exit status. If it died of a signal, so does this process. */
int supervised_status(const struct supervised *supervised);

#endif
