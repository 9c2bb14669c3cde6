/* The options of one command as a table, from which both the parser and --help are made. */
#ifndef ANALYZER_OPTIONS_H
#define ANALYZER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
        OPTION_FLAG,   /* bool *value becomes true */
        OPTION_TEXT,   /* const char **value points into argv */
        OPTION_TEXTS,  /* the same, as often as it is given: struct option_texts */
        OPTION_NUMBER, /* int *value, not negative */
        OPTION_TIME,   /* int64_t *value, milliseconds: a number of seconds, or with ms, s, m or h behind */
};

/* All zero at first. */
struct option_texts {
        const char **text;
        size_t count, capacity;
};

void option_texts_add(struct option_texts *texts, const char *text);   /* the text stays the caller's */
void option_texts_split(struct option_texts *texts, const char *list); /* adds what stands between colons */

struct option_spec {
        const char *name; /* without the dashes */
        char letter;      /* 0: none */
        enum option_kind kind;
        void *value;
        const char *argument; /* the word for it in the help; NULL for a flag */
        const char *help;
};

/* Returns the index of the first operand. argv[0] is the command's own word. Options end at the first operand or
 * at "--". --help prints `usage` and the table and exits with 0; a mistake exits with 2. */
int options_parse(const char *usage, const struct option_spec *spec, size_t spec_count, int argc, char **argv);

#endif
