/* Memory or the end. Stands below diag, so it says its one line itself. */
#include "analyzer/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *memory)
{
        static const char line[] = "heaptap: out of memory while analyzing\n";

        if (memory)
                return memory;
        if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
                _exit(125);
        _exit(125);
}

void *xmalloc(size_t bytes)
{
        return checked(malloc(bytes ? bytes : 1));
}

void *xcalloc(size_t count, size_t bytes)
{
        return checked(calloc(count ? count : 1, bytes ? bytes : 1));
}

void *xaligned(size_t alignment, size_t bytes)
{
        return checked(aligned_alloc(alignment, bytes));
}

void *xrealloc(void *old, size_t bytes)
{
        return checked(realloc(old, bytes ? bytes : 1));
}

char *xstrdup(const char *text)
{
        return checked(strdup(text));
}

char *xmemdup0(const void *bytes, size_t count)
{
        char *copy = xmalloc(count + 1);

        if (count)
                memcpy(copy, bytes, count);
        copy[count] = '\0';
        return copy;
}

char *xasprintf(const char *format, ...)
{
        char *text;
        va_list arguments;

        va_start(arguments, format);
        int length = vasprintf(&text, format, arguments);
        va_end(arguments);
        return checked(length < 0 ? NULL : text);
}

void *xgrow(void *items, size_t count, size_t *room, size_t item_bytes)
{
        if (count < *room)
                return items;
        *room = *room ? *room * 2 : 8;
        return checked(reallocarray(items, *room, item_bytes));
}
