/* What the analyzer says to the user besides the report: one line on stderr, "heaptap: …". */
#ifndef ANALYZER_DIAG_H
#define ANALYZER_DIAG_H

enum {
        DIAG_EXIT_USAGE = 2,
        DIAG_EXIT_NEVER_CONNECTED = 3, /* of record: no process ever wrote to the pipe */
        DIAG_EXIT_CHECK = 99,          /* of check: a limit was broken */
        DIAG_EXIT_FAILURE = 125,
};

void diag_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For main and what it calls directly. Name the file, the trouble and the way out. */
_Noreturn void diag_die(const char *format, ...) __attribute__((format(printf, 1, 2)));   /* exits with 125 */
_Noreturn void diag_usage(const char *format, ...) __attribute__((format(printf, 1, 2))); /* exits with 2 */

#endif
