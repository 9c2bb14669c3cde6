/* `heaptap-analyze record`: from the pipe to the profile, and on to the report. */
#ifndef ANALYZER_COMMANDS_RECORD_H
#define ANALYZER_COMMANDS_RECORD_H

int command_record(int argc, char **argv); /* argv[0] is "record"; returns the exit status */

#endif
