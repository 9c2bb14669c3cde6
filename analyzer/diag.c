/* One line each, written at once, so that lines of the program and ours do not mix. */
#include "analyzer/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const char *format, va_list arguments)
{
        char line[2048];

        vsnprintf(line, sizeof line, format, arguments);
        fprintf(stderr, "heaptap: %s\n", line);
}

void diag_warn(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        say(format, arguments);
        va_end(arguments);
}

void diag_die(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        say(format, arguments);
        va_end(arguments);
        exit(DIAG_EXIT_FAILURE);
}

void diag_usage(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        say(format, arguments);
        va_end(arguments);
        exit(DIAG_EXIT_USAGE);
}
