/* Starts the reader and PROGRAM, passes signals on, and ends as PROGRAM ended. */
#ifndef ANALYZER_COMMANDS_SUPERVISE_H
#define ANALYZER_COMMANDS_SUPERVISE_H

#include "analyzer/commands/program.h"
#include "analyzer/commands/run_options.h"

/* Returns the exit status. If PROGRAM died of a signal, so does this process. */
int supervise(const struct run_options *options, const struct program *program);

#endif
