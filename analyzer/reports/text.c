/* Text for people: notes, then numbers in columns, and under each row its stack. */
#include "analyzer/reports/formats.h"

#include <inttypes.h>
#include <string.h>

enum {
        WIDTH = 120,
        FRAMES_SHOWN = 12, /* of a stack, without --full */
        COLUMNS_MAX = 32,
        ROW_INDENT = 2,
        STACK_INDENT = 8,
};

struct text {
        FILE *out;
        const struct report_options *options;
};

enum style {
        STYLE_TITLE,
        STYLE_WARNING,
        STYLE_HEADING,
        STYLE_FILE,
        STYLE_NUMBER,
};

static void style_on(const struct text *text, enum style style)
{
        static const char *const code[] = {"\033[1m", "\033[1;33m", "\033[2m", "\033[2m", "\033[1m"};

        if (text->options->color)
                fputs(code[style], text->out);
}

static void style_off(const struct text *text)
{
        if (text->options->color)
                fputs("\033[0m", text->out);
}

/* Names come from the program: whatever could steer a terminal is shown, not done. */
static void put(const struct text *text, const char *from)
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

static int width_of(const char *text)
{
        int width = 0;

        for (; *text; text++)
                width += ((unsigned char)*text & 0xc0) != 0x80;
        return width;
}

static void put_headline(const struct text *text, const struct findings *findings, const char *profile)
{
        int room = WIDTH - width_of(findings->headline) - width_of(profile) - (int)sizeof "profile: " + 1;

        style_on(text, STYLE_TITLE);
        put(text, findings->headline);
        style_off(text);
        fprintf(text->out, "%*sprofile: ", room > 2 ? room : 2, "");
        put(text, profile);
        fputs("\n\n", text->out);
        for (size_t i = 0; i < findings->warning_count; i++) {
                style_on(text, STYLE_WARNING);
                fputs("! ", text->out);
                put(text, findings->warning[i]);
                style_off(text);
                fputc('\n', text->out);
        }
        if (findings->warning_count)
                fputc('\n', text->out);
}

static void put_record(const struct text *text, const struct table *table)
{
        int width = 0;

        for (size_t i = 0; i < table->note_count; i++)
                if (width_of(table->note[i].label) > width)
                        width = width_of(table->note[i].label);
        for (size_t i = 0; i < table->note_count; i++) {
                fprintf(text->out, "%*s%-*s  ", ROW_INDENT, "", width, table->note[i].label);
                put(text, table->note[i].text);
                fputc('\n', text->out);
        }
}

/* A file's leading directories go when the line would not fit otherwise. */
static const char *shortened(const char *file, int room)
{
        const char *rest = file, *slash;

        while (width_of(rest) > room && (slash = strchr(rest + 1, '/')) && strchr(slash + 1, '/'))
                rest = slash;
        return rest;
}

static void put_module(const struct text *text, const struct frame *frame)
{
        if (frame->module)
                put(text, path_base(frame->module));
        else
                fputs("generated code", text->out);
        if (frame->offset != FRAME_NO_OFFSET)
                fprintf(text->out, frame->module ? "+0x%" PRIx64 : " at 0x%" PRIx64, (uint64_t)frame->offset);
}

static void put_source(const struct text *text, const struct frame *frame)
{
        const char *file = frame->file;

        if (!file) {
                fputc('(', text->out);
                put_module(text, frame);
                fputc(')', text->out);
                return;
        }
        file = shortened(file, WIDTH - STACK_INDENT - width_of(frame->function) - 10);
        fputs(file == frame->file ? "" : "…", text->out);
        put(text, file);
        if (frame->line > 0)
                fprintf(text->out, ":%" PRId64, frame->line);
}

static void put_frame(const struct text *text, const struct frame *frame, size_t times)
{
        fprintf(text->out, "%*s", STACK_INDENT, "");
        if (frame->function) {
                put(text, frame->function);
                style_on(text, STYLE_FILE);
                fputs("  ", text->out);
                put_source(text, frame);
        } else {
                put_module(text, frame);
                style_on(text, STYLE_FILE);
        }
        if (frame->inlined)
                fputs("  (inlined)", text->out);
        if (times > 1)
                fprintf(text->out, "  (%zu times)", times);
        style_off(text);
        fputc('\n', text->out);
}

/* Recursion: a frame that calls itself takes one line. */
static size_t count_repeats(const struct stack *stack, size_t from)
{
        size_t times = 1;

        while (from + times < stack->count && stack->frame[from + times] == stack->frame[from])
                times++;
        return times;
}

static void put_frames(const struct text *text, const struct stack *stack)
{
        size_t lines = 0, at = 0, lines_max = text->options->full ? SIZE_MAX : FRAMES_SHOWN;

        for (size_t times; at < stack->count; at += times, lines++) {
                times = count_repeats(stack, at);
                /* "1 more" would take as much room as the frame itself. */
                if (lines >= lines_max && at + times < stack->count)
                        break;
                put_frame(text, stack->frame[at], times);
        }
        if (at < stack->count)
                fprintf(text->out, "%*s… %zu more\n", STACK_INDENT, "", stack->count - at);
}

static void put_stack(const struct text *text, const struct stack *stack)
{
        put_frames(text, stack);
        if (stack->flags & STACK_TRUNCATED)
                fprintf(text->out, "%*s… deeper than was recorded\n", STACK_INDENT, "");
        if (stack->flags & STACK_BROKEN)
                fprintf(text->out, "%*s… ends early: no unwind information\n", STACK_INDENT, "");
        if (stack->flags & STACK_UNDEFINED)
                fprintf(text->out, "%*s(the definition of this stack was lost)\n", STACK_INDENT, "");
        else if (stack->count == 0)
                fprintf(text->out, "%*s(no stack)\n", STACK_INDENT, "");
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
                return width_of(cell->text);
        return width_of(number_text(column, cell, "-").text);
}

static void put_cells(const struct text *text, const struct table *table, const struct cell *cell, const int *width,
                      const char *unknown)
{
        fprintf(text->out, "%*s", ROW_INDENT, "");
        for (size_t i = 0; i < table->column_count; i++) {
                const struct column *column = &table->column[i];
                bool last = i + 1 == table->column_count;

                if (column->unit != UNIT_TEXT) {
                        struct unit_text number = number_text(column, &cell[i], unknown);

                        fprintf(text->out, "%*s%s%s", width[i] - width_of(number.text), "", number.text,
                                last ? "" : "  ");
                        continue;
                }
                put(text, cell[i].known ? cell[i].text : unknown);
                if (!last)
                        fprintf(text->out, "%*s", width[i] + 2 - width_of(cell[i].known ? cell[i].text : unknown), "");
        }
}

static void put_headings(const struct text *text, const struct table *table, const int *width)
{
        style_on(text, STYLE_HEADING);
        fprintf(text->out, "%*s", ROW_INDENT, "");
        for (size_t i = 0; i < table->column_count; i++) {
                const struct column *column = &table->column[i];
                int pad = width[i] - width_of(column->heading);

                if (column->unit != UNIT_TEXT)
                        fprintf(text->out, "%*s", pad, "");
                fputs(column->heading, text->out);
                if (i + 1 < table->column_count)
                        fprintf(text->out, "%*s", column->unit == UNIT_TEXT ? pad + 2 : 2, "");
        }
        style_off(text);
        fputc('\n', text->out);
}

/* The rows that are not shown, added up as far as that makes sense. */
static void sum_rest(const struct table *table, size_t shown, struct cell *ret_rest)
{
        for (size_t i = 0; i < table->column_count; i++) {
                struct cell *rest = &ret_rest[i];

                *rest = (struct cell){.known = table->column[i].sums};
                for (size_t j = shown; j < table->row_count; j++) {
                        const struct cell *cell = &table->row[j].cell[i];

                        rest->real += cell->real;
                        rest->whole = saturating_sum(rest->whole, cell->whole);
                }
        }
}

static void widen(int *width, int needed)
{
        if (needed > *width)
                *width = needed;
}

static void put_rows(const struct text *text, const struct table *table)
{
        size_t shown = rows_shown(table, text->options);
        int width[COLUMNS_MAX];
        struct cell rest[COLUMNS_MAX];

        sum_rest(table, shown, rest);
        for (size_t i = 0; i < table->column_count; i++) {
                width[i] = width_of(table->column[i].heading);
                for (size_t j = 0; j < shown; j++)
                        widen(&width[i], cell_width(&table->column[i], &table->row[j].cell[i]));
                if (shown < table->row_count)
                        widen(&width[i], cell_width(&table->column[i], &rest[i]));
        }
        put_headings(text, table, width);
        for (size_t i = 0; i < shown; i++) {
                style_on(text, STYLE_NUMBER);
                put_cells(text, table, table->row[i].cell, width, "-");
                style_off(text);
                fputc('\n', text->out);
                if (table->row[i].stack)
                        put_stack(text, table->row[i].stack);
        }
        if (shown < table->row_count) {
                put_cells(text, table, rest, width, "");
                fprintf(text->out, "  … %zu more\n", table->row_count - shown);
        }
}

static void put_table(const struct text *text, const struct table *table)
{
        style_on(text, STYLE_TITLE);
        fputs(table->title, text->out);
        style_off(text);
        if (table->record) {
                fputc('\n', text->out);
                put_record(text, table);
                return;
        }
        for (size_t i = 0; i < table->note_count; i++) {
                fprintf(text->out, "%*s", i ? ROW_INDENT : 2, "");
                put(text, table->note[i].text);
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
