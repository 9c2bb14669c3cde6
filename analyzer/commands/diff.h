/* `heaptap diff`: what differs between two profiles. */
#ifndef ANALYZER_COMMANDS_DIFF_H
#define ANALYZER_COMMANDS_DIFF_H

int command_diff(int argc, char **argv); /* argv[0] is "diff"; returns the exit status */

#endif
