/* Which leaks somebody knows of and does not want to see. */
#include "analyzer/findings/suppress.h"

#include "analyzer/xalloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "leak:";
static const char blanks[] = " \t\r";

/* The last star is the only one that has to be tried again: what an earlier one stood for can always be as short as it
 * was when the parts behind it were first found. */
static bool glob(const char *pattern, size_t bytes, const char *text, bool from_start, bool to_end)
{
        const char *again = text;
        size_t star = 0, at = 0;
        bool starred = !from_start;

        for (;;) {
                if (at == bytes && (!to_end || !*text))
                        return true;
                if (at < bytes && pattern[at] == '*') {
                        starred = true;
                        star = ++at;
                        again = text;
                } else if (at < bytes && *text && pattern[at] == *text) {
                        at++;
                        text++;
                } else if (starred && *again) {
                        at = star;
                        text = ++again;
                } else {
                        return false;
                }
        }
}

bool suppress_matches(const char *pattern, const char *text)
{
        bool from_start = *pattern == '^', to_end;
        size_t bytes;

        if (!text || !*text)
                return false;
        pattern += from_start;
        bytes = strlen(pattern);
        to_end = bytes && pattern[bytes - 1] == '$';
        return glob(pattern, bytes - to_end, text, from_start, to_end);
}

static bool matches_stack(const struct suppression *suppression, const struct stack *stack)
{
        const char *pattern = suppression->pattern;
        const struct frame *frame;

        for (struct stack_walk walk = stack_walk(stack); (frame = stack_next(&walk));) {
                if (suppress_matches(pattern, frame->function) || suppress_matches(pattern, frame->file) ||
                    suppress_matches(pattern, frame->module))
                        return true;
                if (suppression->innermost && !frame->inlined)
                        return false;
        }
        return false;
}

struct suppression *suppress_find(const struct suppressions *suppressions, const struct stack *stack)
{
        for (size_t i = 0; i < suppressions->count; i++)
                if (matches_stack(&suppressions->suppression[i], stack))
                        return &suppressions->suppression[i];
        return NULL;
}

void suppress_add(struct suppressions *suppressions, const struct suppression *suppression)
{
        suppressions->suppression = xgrow(suppressions->suppression, suppressions->count, &suppressions->capacity,
                                          sizeof *suppressions->suppression);
        suppressions->suppression[suppressions->count++] = *suppression;
}

__attribute__((format(printf, 2, 3))) static const char *say(struct suppressions *suppressions, const char *format, ...)
{
        va_list arguments;
        const char *text;

        va_start(arguments, format);
        text = arena_format(&suppressions->arena, format, arguments);
        va_end(arguments);
        return text;
}

/* NULL: it is well, and was added. */
static const char *take_line(struct suppressions *suppressions, const char *source, size_t number, const char *line)
{
        if (strncmp(line, prefix, strlen(prefix)) != 0)
                return say(suppressions,
                           "\"%.60s\" is no suppression of leaks; write leak:PATTERN, or # in front of what is none",
                           line);
        line += strlen(prefix);
        if (!*line)
                return "leak: has no pattern; write what it is to match, or leak:* for every leak there is";
        suppress_add(suppressions, &(struct suppression){.pattern = line, .source = source, .line = number});
        return NULL;
}

bool suppress_parse(struct suppressions *suppressions, const char *source, const char *text,
                    struct suppress_trouble *ret_trouble)
{
        char *line = (char *)arena_text(&suppressions->arena, text), *next;
        bool good = true;

        for (size_t number = 1; line; line = next, number++) {
                const char *trouble = NULL;
                size_t bytes;

                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                line += strspn(line, blanks);
                for (bytes = strlen(line); bytes && strchr(blanks, line[bytes - 1]); bytes--)
                        line[bytes - 1] = '\0';
                if (*line && *line != '#')
                        trouble = take_line(suppressions, source, number, line);
                if (trouble && good)
                        *ret_trouble = (struct suppress_trouble){number, trouble};
                good &= !trouble;
        }
        return good;
}

void suppress_free(struct suppressions *suppressions)
{
        free(suppressions->suppression);
        arena_free(&suppressions->arena);
        *suppressions = (struct suppressions){0};
}
