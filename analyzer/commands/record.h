/* `heaptap-analyze record`: from the pipe, or a file of events, to the profile, and on to the report. */
#ifndef ANALYZER_COMMANDS_RECORD_H
#define ANALYZER_COMMANDS_RECORD_H

int command_record(int argc, char **argv); /* argv[0] is "record"; returns the exit status */

/* Makes the profile of a file of events, in place of a file that may exist. Returns 0, or the exit status after it has
 * said what is wrong. */
int record_file(const char *input, const char *profile);

#endif
