/* Text for people: notes, then numbers in columns, and under each row its stack. */
#include "analyzer/reports/text.h"

#include <assert.h>

enum {
        COLUMNS_MAX = 32,
        ROW_INDENT = 2,
        LABEL_INDENT = 6,
};

void text_style(const struct text *text, enum text_style style)
{
        static const char *const code[] = {"\033[1m", "\033[1;33m", "\033[2m", "\033[1m", "\033[2m"};

        if (text->options->color)
                fputs(code[style], text->out);
}

void text_plain(const struct text *text)
{
        if (text->options->color)
                fputs("\033[0m", text->out);
}

/* Names come from the program, and the program may be hostile. */
void text_put(const struct text *text, const char *from)
{
        for (size_t bytes; *from; from += bytes ? bytes : 1) {
                unsigned char first = (unsigned char)*from;

                bytes = utf8_bytes(from);
                if (bytes == 0 || first < 0x20 || first == 0x7f)
                        fprintf(text->out, "\\x%02x", first);
                else if (first == 0xc2 && (unsigned char)from[1] < 0xa0)
                        fprintf(text->out, "\\u%04x", (unsigned char)from[1]);
                else
                        fwrite(from, 1, bytes, text->out);
        }
}

int text_columns(const char *text)
{
        int width = 0;

        for (; *text; text++)
                width += ((unsigned char)*text & 0xc0) != 0x80;
        return width;
}

static void put_headline(const struct text *text, const struct findings *findings, const char *profile)
{
        int room = TEXT_WIDTH - text_columns(findings->headline) - text_columns(profile) - (int)sizeof "profile: " + 1;

        text_style(text, TEXT_TITLE);
        text_put(text, findings->headline);
        text_plain(text);
        fprintf(text->out, "%*sprofile: ", room > 2 ? room : 2, "");
        text_put(text, profile);
        fputs("\n\n", text->out);
        for (size_t i = 0; i < findings->warning_count; i++) {
                text_style(text, TEXT_WARNING);
                fputs("! ", text->out);
                text_put(text, findings->warning[i]);
                text_plain(text);
                fputc('\n', text->out);
        }
        if (findings->warning_count)
                fputc('\n', text->out);
}

static void put_record(const struct text *text, const struct table *table)
{
        int width = 0;

        for (size_t i = 0; i < table->note_count; i++)
                if (text_columns(table->note[i].label) > width)
                        width = text_columns(table->note[i].label);
        for (size_t i = 0; i < table->note_count; i++) {
                fprintf(text->out, "%*s%-*s  ", ROW_INDENT, "", width, table->note[i].label);
                text_put(text, table->note[i].text);
                fputc('\n', text->out);
        }
}

/* What a cell says; `unknown` is the word for what is not known. */
static struct unit_text number_text(const struct column *column, const struct cell *cell, const char *unknown)
{
        struct unit_text text = {0};

        if (cell->known)
                return unit_format(column->unit, cell->whole, cell->real);
        snprintf(text.text, sizeof text.text, "%s", unknown);
        return text;
}

static int cell_width(const struct column *column, const struct cell *cell)
{
        if (cell->known && column->unit == UNIT_TEXT)
                return text_columns(cell->text);
        return text_columns(number_text(column, cell, "-").text);
}

/* Minor columns stand last. */
static size_t columns_shown(const struct table *table)
{
        size_t count = 0;

        while (count < table->column_count && !table->column[count].minor)
                count++;
        return count;
}

static void put_cells(const struct text *text, const struct table *table, const struct cell *cell, const int *width,
                      const char *unknown)
{
        fprintf(text->out, "%*s", ROW_INDENT, "");
        for (size_t i = 0; i < columns_shown(table); i++) {
                const struct column *column = &table->column[i];
                bool last = i + 1 == columns_shown(table);

                if (column->unit != UNIT_TEXT) {
                        struct unit_text number = number_text(column, &cell[i], unknown);

                        fprintf(text->out, "%*s%s%s", width[i] - text_columns(number.text), "", number.text,
                                last ? "" : "  ");
                        continue;
                }
                text_put(text, cell[i].known ? cell[i].text : unknown);
                if (!last)
                        fprintf(text->out, "%*s", width[i] + 2 - text_columns(cell[i].known ? cell[i].text : unknown),
                                "");
        }
}

static void put_headings(const struct text *text, const struct table *table, const int *width)
{
        text_style(text, TEXT_HEADING);
        fprintf(text->out, "%*s", ROW_INDENT, "");
        for (size_t i = 0; i < columns_shown(table); i++) {
                const struct column *column = &table->column[i];
                int pad = width[i] - text_columns(column->heading);

                if (column->unit != UNIT_TEXT)
                        fprintf(text->out, "%*s", pad, "");
                fputs(column->heading, text->out);
                if (i + 1 < columns_shown(table))
                        fprintf(text->out, "%*s", column->unit == UNIT_TEXT ? pad + 2 : 2, "");
        }
        text_plain(text);
        fputc('\n', text->out);
}

static void widen(int *width, int needed)
{
        if (needed > *width)
                *width = needed;
}

static void put_stacks(const struct text *text, const struct row *row)
{
        if (row->stack && row->label)
                fprintf(text->out, "%*s%s\n", LABEL_INDENT, "", row->label);
        if (row->stack)
                text_stack(text, row->stack, false);
        for (size_t i = 0; i < row->more_count; i++) {
                if (!row->more[i].stack)
                        continue;
                fprintf(text->out, "%*s%s\n", LABEL_INDENT, "", row->more[i].label);
                text_stack(text, row->more[i].stack, row->more[i].brief);
        }
}

static void put_rows(const struct text *text, const struct table *table)
{
        size_t shown = rows_shown(table, text->options), left = table->row_count + table->rest_count - shown;
        int width[COLUMNS_MAX];
        struct cell rest[COLUMNS_MAX];

        assert(table->column_count <= COLUMNS_MAX);

        table_rest(table, shown, rest);
        for (size_t i = 0; i < table->column_count; i++) {
                width[i] = text_columns(table->column[i].heading);
                for (size_t j = 0; j < shown; j++)
                        widen(&width[i], cell_width(&table->column[i], &table->row[j].cell[i]));
                if (left)
                        widen(&width[i], cell_width(&table->column[i], &rest[i]));
        }
        put_headings(text, table, width);
        for (size_t i = 0; i < shown; i++) {
                text_style(text, TEXT_NUMBER);
                put_cells(text, table, table->row[i].cell, width, "-");
                text_plain(text);
                fputc('\n', text->out);
                put_stacks(text, &table->row[i]);
        }
        if (left) {
                put_cells(text, table, rest, width, "");
                fprintf(text->out, "  … %zu more\n", left);
        }
}

static void put_table(const struct text *text, const struct table *table)
{
        text_style(text, TEXT_TITLE);
        fputs(table->title, text->out);
        text_plain(text);
        if (table->record) {
                fputc('\n', text->out);
                put_record(text, table);
                return;
        }
        for (size_t i = 0; i < table->note_count; i++) {
                fprintf(text->out, "%*s", i ? ROW_INDENT : 2, "");
                text_put(text, table->note[i].text);
                fputc('\n', text->out);
        }
        if (table->note_count == 0)
                fputc('\n', text->out);
        if (table->row_count)
                put_rows(text, table);
}

void report_text(const struct findings *findings, const char *profile, FILE *out, const struct report_options *options)
{
        const struct text text = {out, options};
        bool first = true;

        put_headline(&text, findings, profile);
        for (size_t i = 0; i < findings->count; i++) {
                if (findings->table[i]->minor)
                        continue;
                if (!first)
                        fputc('\n', out);
                first = false;
                put_table(&text, findings->table[i]);
        }
}
