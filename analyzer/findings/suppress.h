/* Suppressions of leaks, in LeakSanitizer's syntax: a text of lines `leak:PATTERN`, with # for comments.
 *
 * A pattern matches a stack if it is found in the function, the source file or the module of any of its frames, inlined
 * ones too. * stands for any characters, ^ at its beginning for the beginning of what is matched, $ at its end for the
 * end. (LeakSanitizer looks for $ behind the first place only where what stands before it is found; here any will do.)
 */
#ifndef ANALYZER_FINDINGS_SUPPRESS_H
#define ANALYZER_FINDINGS_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/findings/arena.h"
#include "analyzer/findings/stack.h"

struct suppression {
        const char *pattern;
        const char *source;    /* borrowed: the file it is from, or what else */
        const char *reason;    /* borrowed: of those that are built in; else NULL */
        size_t line;           /* from 1; 0: of those that are built in */
        bool innermost;        /* only the innermost frame is looked at */
        int64_t blocks, bytes; /* that it has suppressed */
};

/* All zero at first. */
struct suppressions {
        struct suppression *suppression; /* in the order in which they were added: the first that matches counts */
        size_t count, capacity;
        struct arena arena;
};

struct suppress_trouble {
        size_t line;
        const char *what; /* the trouble and the way out; in the arena of the suppressions */
};

/* Adds all of a text but for bad lines. False: there are such, and this is the first. */
bool suppress_parse(struct suppressions *suppressions, const char *source, const char *text,
                    struct suppress_trouble *ret_trouble);
void suppress_add(struct suppressions *suppressions, const struct suppression *suppression); /* as it is */
void suppress_free(struct suppressions *suppressions);

struct suppression *suppress_find(const struct suppressions *suppressions, const struct stack *stack); /* or NULL */
bool suppress_matches(const char *pattern, const char *text); /* text NULL or empty: nothing matches it */

#endif
