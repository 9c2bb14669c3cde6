/* The one type in which analyses and reports meet: a table with units.
 *
 * An analysis makes a table, names its columns, adds rows cell by cell, and sorts them. A report prints any table
 * without knowing what it is about. A *record* is a table of one row whose cells are facts with names (the summary):
 * machines read the facts, people read its note lines. */
#ifndef ANALYZER_FINDINGS_TABLE_H
#define ANALYZER_FINDINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/findings/arena.h"
#include "analyzer/findings/stack.h"
#include "analyzer/findings/unit.h"

struct column {
        const char *key;     /* for machines: live_bytes */
        const char *heading; /* for people: bytes */
        enum unit unit;
        bool sums;  /* rows that are left out can be added up */
        bool minor; /* for machines alone */
};

/* A stack of a row besides its first one. */
struct row_stack {
        const char *key; /* NULL: for people alone */
        const char *label;
        const struct stack *stack; /* borrowed; NULL: not known */
        bool brief;                /* its innermost frames are enough */
};

enum { ROW_STACKS_MAX = 3 };

struct cell {
        bool known;
        int64_t whole;
        double real;
        const char *text;
};

struct row {
        struct cell *cell;         /* one for each column */
        const struct stack *stack; /* borrowed; NULL: the table has none */
        const char *label;         /* of the stack, when there are more; or NULL */
        struct row_stack more[ROW_STACKS_MAX];
        size_t more_count;
};

struct note {
        const char *label; /* "" in tables; in a record the word in front of the line */
        const char *text;
};

struct table {
        const char *key;   /* "leaks" */
        const char *title; /* "LEAKS" */
        bool record;
        bool stacks; /* rows have stacks */
        bool minor;  /* for machines alone: people would learn nothing from it */
        bool whole;  /* all rows are to be shown, whatever --top says */
        struct note *note;
        size_t note_count, note_capacity;
        struct column *column;
        size_t column_count, column_capacity;
        struct row *row;
        size_t row_count, row_capacity;
        size_t limit, first; /* rows that are kept, 0: all; the column they are sorted by */
        struct cell *rest;   /* those that were not kept, added up column by column; or NULL */
        size_t rest_count;
        struct cell **spare; /* cells of such rows */
        size_t spare_count, spare_capacity;
        struct arena arena;
};

struct table *table_create(const char *key, const char *title); /* keys, titles and headings are literals */
void table_destroy(struct table *table);

void table_note(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_line(struct table *table, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));

void table_column(struct table *table, const char *key, const char *heading, enum unit unit, bool sums);

void table_detail(struct table *table, const char *key, enum unit unit); /* a minor column */

/* A row begins with table_row; then its cells are put in the order of the columns. What is not put is unknown. */
void table_row(struct table *table, const struct stack *stack);
void table_put(struct table *table, int64_t whole);
void table_put_real(struct table *table, double real);
void table_put_text(struct table *table, const char *text); /* copied */
void table_put_unknown(struct table *table);
/* Of the row that was begun last: a word for its stack, and further stacks. Labels and keys are literals, or live
 * as long as the table. */
void table_label(struct table *table, const char *label);
void table_stack(struct table *table, const char *key, const char *label, const struct stack *stack);
void table_stack_brief(struct table *table, const char *label, const struct stack *stack); /* for people alone */

/* The facts of a record. */
void table_fact(struct table *table, const char *key, enum unit unit, int64_t whole);
void table_fact_real(struct table *table, const char *key, enum unit unit, double real);
void table_fact_unknown(struct table *table, const char *key, enum unit unit);
void table_fact_text(struct table *table, const char *key, const char *text); /* NULL: unknown */

/* Before the first row: of all that come, only so many are wanted, the first by table_sort with that key. The others
 * are but counted and added up: a hundred thousand places have five tables. 0: all are wanted. */
void table_limit(struct table *table, const char *key, size_t rows);

/* Largest of the column first, then of the columns that follow it, then by stack: a total order. */
void table_sort(struct table *table, const char *key);

/* The rows from that number on, added up column by column. */
void table_rest(const struct table *table, size_t shown, struct cell *ret_rest);

/* All that one report says, in its order. */
struct findings {
        const char *version;  /* of the heaptap that wrote the profile */
        const char *headline; /* what ran, how long, how it ended */
        const char **warning; /* what makes the figures doubtful: printed before anything else */
        size_t warning_count, warning_capacity;
        struct table *table[24];
        size_t count;
        struct arena arena; /* holds what the tables borrow */
};
void findings_title(struct findings *findings, const char *version, const char *headline, ...)
        __attribute__((format(printf, 3, 4)));
void findings_add(struct findings *findings, struct table *table); /* takes it over; NULL: nothing to add */
void findings_warn(struct findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));
void findings_free(struct findings *findings);

#endif
