/* The names of the profile and of the raw file: their % sequences, and whether the files can be made. */
#ifndef ANALYZER_COMMANDS_PROFILE_NAME_H
#define ANALYZER_COMMANDS_PROFILE_NAME_H

#include <stdbool.h>
#include <sys/types.h>

struct process; /* of the model */

/* %p pid, %h host, %e program, %t time, %q{VAR} environment, %% a percent sign. Returns NULL after printing what is
 * wrong, else a string to be freed. */
char *profile_name_expand(const char *option, const char *pattern, pid_t pid, const char *program);
char *profile_name_expand_of(const char *option, const char *pattern, const struct process *main);

/* True if a new file can be made there; else prints why not and what to do. */
bool profile_name_check(const char *path, bool overwrite);

/* The same for the raw file, which may be a device if it may overwrite. */
bool profile_name_check_raw(const char *path, bool overwrite);

/* The same for the report, which may replace a file. */
bool profile_name_check_report(const char *path);

#endif
