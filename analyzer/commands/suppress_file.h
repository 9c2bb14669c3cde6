/* Files of suppressions, as --suppressions names them. */
#ifndef ANALYZER_COMMANDS_SUPPRESS_FILE_H
#define ANALYZER_COMMANDS_SUPPRESS_FILE_H

#include "analyzer/options.h"

/* The text, to be freed; NULL after printing what is wrong with the file. */
char *suppress_file_read(const char *path);

bool suppress_files_check(const struct option_texts *files); /* false: what is wrong was printed */

#endif
