/* Building and ordering tables. */
#define _GNU_SOURCE
#include "analyzer/findings/table.h"

#include "analyzer/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CUT_ROWS = 256 }; /* beyond twice the limit, before rows are sorted out */

struct table *table_create(const char *key, const char *title)
{
        struct arena arena = {0};
        struct table *table = arena_alloc(&arena, sizeof *table);

        table->key = key;
        table->title = title;
        table->arena = arena; /* the table lies in its own arena */
        return table;
}

void table_destroy(struct table *table)
{
        if (!table)
                return;

        struct arena arena = table->arena;

        free(table->note);
        free(table->column);
        free(table->row);
        free(table->spare);
        arena_free(&arena);
}

static void add_note(struct table *table, const char *label, const char *text)
{
        table->note = xgrow(table->note, table->note_count, &table->note_capacity, sizeof *table->note);
        table->note[table->note_count++] = (struct note){label, text};
}

void table_note(struct table *table, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        add_note(table, "", arena_format(&table->arena, format, arguments));
        va_end(arguments);
}

void table_line(struct table *table, const char *label, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        add_note(table, label, arena_format(&table->arena, format, arguments));
        va_end(arguments);
}

void table_column(struct table *table, const char *key, const char *heading, enum unit unit, bool sums)
{
        assert(table->record || table->row_count == 0); /* rows are as wide as the columns known when they begin */
        table->column = xgrow(table->column, table->column_count, &table->column_capacity, sizeof *table->column);
        table->column[table->column_count++] = (struct column){key, heading, unit, sums, false};
}

void table_detail(struct table *table, const char *key, enum unit unit)
{
        table_column(table, key, key, unit, false);
        table->column[table->column_count - 1].minor = true;
}

/* Cells are filled from the left; `known` cannot tell how far, since a cell may be put as unknown. */
static struct cell *next_cell(struct table *table)
{
        struct row *row = &table->row[table->row_count - 1];
        size_t at = (size_t)row->cell[table->column_count].whole++;

        assert(at < table->column_count);
        return &row->cell[at];
}

static int cell_compare(enum unit unit, const struct cell *a, const struct cell *b)
{
        if (a->known != b->known)
                return (int)b->known - (int)a->known;
        if (unit == UNIT_TEXT)
                return a->known ? strcmp(a->text, b->text) : 0;
        if (unit_is_real(unit))
                return (a->real < b->real) - (a->real > b->real);
        return (a->whole < b->whole) - (a->whole > b->whole);
}

static int row_compare(const void *left, const void *right, void *context)
{
        const struct row *a = left, *b = right;
        const struct table *table = context;

        for (size_t i = 0; i < table->column_count; i++) {
                size_t column = (table->first + i) % table->column_count;
                int order = cell_compare(table->column[column].unit, &a->cell[column], &b->cell[column]);

                if (order)
                        return order;
        }
        return a->stack && b->stack ? stack_compare(a->stack, b->stack) : 0;
}

static void add_cells(const struct table *table, struct cell *sum, const struct cell *cell)
{
        for (size_t i = 0; i < table->column_count; i++) {
                sum[i].real += cell[i].real;
                sum[i].whole = saturating_sum(sum[i].whole, cell[i].whole);
        }
}

static void sort_and_cut(struct table *table)
{
        if (table->row_count)
                qsort_r(table->row, table->row_count, sizeof *table->row, row_compare, table);
        if (!table->limit || table->row_count <= table->limit)
                return;
        if (!table->rest)
                table->rest = arena_alloc(&table->arena, table->column_count * sizeof *table->rest);
        for (size_t i = table->limit; i < table->row_count; i++, table->rest_count++) {
                add_cells(table, table->rest, table->row[i].cell);
                table->spare = xgrow(table->spare, table->spare_count, &table->spare_capacity, sizeof *table->spare);
                table->spare[table->spare_count++] = table->row[i].cell;
        }
        table->row_count = table->limit;
}

static size_t column_of(const struct table *table, const char *key)
{
        size_t column = 0;

        while (strcmp(table->column[column].key, key) != 0)
                column++; /* a key that is no column is the caller's mistake */
        return column;
}

void table_limit(struct table *table, const char *key, size_t rows)
{
        table->limit = rows;
        table->first = column_of(table, key);
}

void table_sort(struct table *table, const char *key)
{
        table->first = column_of(table, key);
        sort_and_cut(table);
}

void table_rest(const struct table *table, size_t shown, struct cell *ret_rest)
{
        for (size_t i = 0; i < table->column_count; i++)
                ret_rest[i] = (struct cell){.known = table->column[i].sums && table->column[i].unit != UNIT_TEXT};
        for (size_t i = shown; i < table->row_count; i++)
                add_cells(table, ret_rest, table->row[i].cell);
        if (table->rest)
                add_cells(table, ret_rest, table->rest);
}

/* One cell more than columns: it counts those that are put. */
static struct cell *new_cells(struct table *table)
{
        size_t bytes = (table->column_count + 1) * sizeof(struct cell);

        if (table->spare_count)
                return memset(table->spare[--table->spare_count], 0, bytes);
        return arena_alloc(&table->arena, bytes);
}

void table_row(struct table *table, const struct stack *stack)
{
        if (table->limit && table->row_count >= 2 * table->limit + CUT_ROWS)
                sort_and_cut(table);

        struct cell *cell = new_cells(table);

        table->row = xgrow(table->row, table->row_count, &table->row_capacity, sizeof *table->row);
        table->row[table->row_count++] = (struct row){.cell = cell, .stack = stack};
        if (stack)
                table->stacks = true;
}

void table_put(struct table *table, int64_t whole)
{
        *next_cell(table) = (struct cell){.known = true, .whole = whole};
}

void table_put_real(struct table *table, double real)
{
        *next_cell(table) = (struct cell){.known = isfinite(real), .real = isfinite(real) ? real : 0};
}

void table_put_text(struct table *table, const char *text)
{
        *next_cell(table) = (struct cell){.known = text != NULL, .text = arena_text(&table->arena, text)};
}

void table_put_unknown(struct table *table)
{
        *next_cell(table) = (struct cell){0};
}

void table_label(struct table *table, const char *label)
{
        table->row[table->row_count - 1].label = label;
}

void table_stack(struct table *table, const char *key, const char *label, const struct stack *stack)
{
        struct row *row = &table->row[table->row_count - 1];

        assert(row->more_count < ROW_STACKS_MAX);
        row->more[row->more_count++] = (struct row_stack){key, label, stack, false};
}

void table_stack_brief(struct table *table, const char *label, const struct stack *stack)
{
        struct row *row = &table->row[table->row_count - 1];

        table_stack(table, NULL, label, stack);
        row->more[row->more_count - 1].brief = true;
}

/* A record's row grows with its columns. */
static struct cell *add_fact(struct table *table, const char *key, enum unit unit)
{
        struct cell *cell = arena_alloc(&table->arena, (table->column_count + 1) * sizeof *cell);

        table->record = true;
        if (table->row_count)
                memcpy(cell, table->row[0].cell, table->column_count * sizeof *cell);
        else
                table_row(table, NULL);
        table->row[0].cell = cell;
        table_column(table, key, key, unit, false);
        return &cell[table->column_count - 1];
}

void table_fact(struct table *table, const char *key, enum unit unit, int64_t whole)
{
        *add_fact(table, key, unit) = (struct cell){.known = true, .whole = whole};
}

void table_fact_real(struct table *table, const char *key, enum unit unit, double real)
{
        *add_fact(table, key, unit) = (struct cell){.known = isfinite(real), .real = isfinite(real) ? real : 0};
}

void table_fact_unknown(struct table *table, const char *key, enum unit unit)
{
        *add_fact(table, key, unit) = (struct cell){0};
}

void table_fact_text(struct table *table, const char *key, const char *text)
{
        *add_fact(table, key, UNIT_TEXT) =
                (struct cell){.known = text != NULL, .text = arena_text(&table->arena, text)};
}

void findings_title(struct findings *findings, const char *version, const char *headline, ...)
{
        va_list arguments;

        va_start(arguments, headline);
        findings->version = arena_text(&findings->arena, version);
        findings->headline = arena_format(&findings->arena, headline, arguments);
        va_end(arguments);
}

void findings_add(struct findings *findings, struct table *table)
{
        if (!table)
                return;
        assert(findings->count < sizeof findings->table / sizeof *findings->table);
        findings->table[findings->count++] = table;
}

void findings_warn(struct findings *findings, const char *format, ...)
{
        va_list arguments;

        findings->warning = xgrow(findings->warning, findings->warning_count, &findings->warning_capacity,
                                  sizeof *findings->warning);
        va_start(arguments, format);
        findings->warning[findings->warning_count++] = arena_format(&findings->arena, format, arguments);
        va_end(arguments);
}

void findings_free(struct findings *findings)
{
        while (findings->count)
                table_destroy(findings->table[--findings->count]);
        free(findings->warning);
        arena_free(&findings->arena);
}
