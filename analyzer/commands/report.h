/* `heaptap-analyze report`: a profile to a report, as often as one likes. */
#ifndef ANALYZER_COMMANDS_REPORT_H
#define ANALYZER_COMMANDS_REPORT_H

#include "analyzer/reports/report.h"

int command_report(int argc, char **argv); /* argv[0] is "report"; returns the exit status */

/* Every table of the profile, as `report` prints it without options. Returns 0, or 125 after a line that says why. */
int report_print(const char *profile_path, FILE *out, const struct report_options *options);

/* One table, as text; `what` is one that --what takes. The same status. */
int report_print_what(const char *profile_path, const char *what, FILE *out);

#endif
