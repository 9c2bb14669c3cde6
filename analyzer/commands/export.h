/* `heaptap export`: a profile in the format of another program. */
#ifndef ANALYZER_COMMANDS_EXPORT_H
#define ANALYZER_COMMANDS_EXPORT_H

int command_export(int argc, char **argv); /* argv[0] is "export"; returns the exit status */

#endif
