/* `heaptap check`: a run that fails if PROGRAM leaks, or breaks another limit. */
#ifndef ANALYZER_COMMANDS_CHECK_H
#define ANALYZER_COMMANDS_CHECK_H

int command_check(int argc, char **argv); /* argv[0] is "check"; returns the exit status */

#endif
