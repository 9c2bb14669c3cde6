/* `heaptap-analyze run`: what `heaptap PROGRAM` executes. */
#ifndef ANALYZER_COMMANDS_RUN_H
#define ANALYZER_COMMANDS_RUN_H

int command_run(int argc, char **argv); /* argv[0] is "run"; returns the exit status, or dies of PROGRAM's signal */

#endif
