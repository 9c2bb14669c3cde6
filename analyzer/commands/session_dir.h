/* The directory of one run: the FIFO, and what the reader puts beside it. */
#ifndef ANALYZER_COMMANDS_SESSION_DIR_H
#define ANALYZER_COMMANDS_SESSION_DIR_H

#include <limits.h>
#include <stdbool.h>

struct session_dir {
        char path[PATH_MAX / 4];
        char pipe[PATH_MAX / 2];
        char library[PATH_MAX]; /* libheaptap.so by a name that LD_PRELOAD can hold */
};

/* library: the path of libheaptap.so, or NULL for the one beside this program. Prints what fails. */
bool session_dir_make(const char *library, struct session_dir *ret_dir);
void session_dir_remove(const struct session_dir *dir);

/* Tells the traced processes that nobody reads any more, when the reader could not say so itself. */
void session_dir_end_reading(const struct session_dir *dir);

#endif
