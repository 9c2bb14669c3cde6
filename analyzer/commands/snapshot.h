/* `heaptap snapshot PID`: a profile of a traced program that runs, and goes on running. */
#ifndef ANALYZER_COMMANDS_SNAPSHOT_H
#define ANALYZER_COMMANDS_SNAPSHOT_H

int command_snapshot(int argc, char **argv); /* argv[0] is "snapshot"; returns the exit status */

#endif
