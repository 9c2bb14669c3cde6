/* The leaks that are left out of the report, and by which suppression. */
#ifndef ANALYZER_ANALYSES_SUPPRESSED_H
#define ANALYZER_ANALYSES_SUPPRESSED_H

#include "analyzer/analyses/profile.h"
#include "analyzer/findings/suppress.h"

struct suppress_text {
        const char *source, *text;
};

struct suppressed_options {
        bool none;                        /* nothing is suppressed */
        const struct suppress_text *text; /* in place of what the run was given; NULL: that */
        size_t text_count;
};

struct suppressed {
        struct suppressions list; /* what the user has given, then what the program says, then what is built in */
        size_t bad_line;          /* of what the program says; 0: none */
        const char *bad_what;
};

/* `options` must live on. */
void suppressed_load(struct profile *profile, const struct suppressed_options *options, struct suppressed *ret);
void suppressed_free(struct suppressed *suppressed);

/* Of blocks that are lost, once for each row. `root` is the stack of the lost block that they hang on, or NULL. True:
 * they are to be left out, and have been counted. */
bool suppressed_take(struct suppressed *suppressed, const struct stack *stack, const struct stack *root, int64_t blocks,
                     int64_t bytes);

#endif
