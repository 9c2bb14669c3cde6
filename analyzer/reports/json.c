/* JSON for machines: exact numbers, every row. report.h tells the shape. */
#include "analyzer/reports/formats.h"

#include <inttypes.h>
#include <stdlib.h>

struct json {
        FILE *out;
        int depth;
        bool first;  /* nothing stands in the current object or array yet */
        int compact; /* from this depth on everything is on one line */
};

static void put_string(struct json *json, const char *text)
{
        fputc('"', json->out);
        for (size_t bytes; *text; text += bytes ? bytes : 1) {
                bytes = utf8_bytes(text);
                if (bytes == 0)
                        fputs("\\ufffd", json->out);
                else if (*text == '"' || *text == '\\')
                        fprintf(json->out, "\\%c", *text);
                else if (bytes == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f))
                        fprintf(json->out, "\\u%04x", (unsigned)*text);
                else
                        fwrite(text, 1, bytes, json->out);
        }
        fputc('"', json->out);
}

/* What stands before each value: a comma, a line of its own, its key. */
static void lead(struct json *json, const char *key)
{
        if (!json->first)
                fputc(',', json->out);
        if (json->depth && json->depth < json->compact)
                fprintf(json->out, "\n%*s", json->depth * 2, "");
        else if (!json->first)
                fputc(' ', json->out);
        json->first = false;
        if (key) {
                put_string(json, key);
                fputs(": ", json->out);
        }
}

static void begin(struct json *json, const char *key, char bracket)
{
        lead(json, key);
        fputc(bracket, json->out);
        json->depth++;
        json->first = true;
}

static void end(struct json *json, char bracket)
{
        json->depth--;
        if (!json->first && json->depth + 1 < json->compact)
                fprintf(json->out, "\n%*s", json->depth * 2, "");
        fputc(bracket, json->out);
        json->first = false;
}

static void put_text(struct json *json, const char *key, const char *text)
{
        lead(json, key);
        if (text)
                put_string(json, text);
        else
                fputs("null", json->out);
}

static void put_number(struct json *json, const char *key, int64_t number)
{
        lead(json, key);
        fprintf(json->out, "%" PRId64, number);
}

static void put_bool(struct json *json, const char *key, bool value)
{
        lead(json, key);
        fputs(value ? "true" : "false", json->out);
}

/* The shortest form that reads back as the same number. */
static void put_real(struct json *json, const char *key, double real)
{
        char text[32];

        for (int digits = 6; digits <= 17; digits++) {
                snprintf(text, sizeof text, "%.*g", digits, real);
                if (strtod(text, NULL) == real)
                        break;
        }
        lead(json, key);
        fputs(text, json->out);
}

static void put_cell(struct json *json, const struct column *column, const struct cell *cell)
{
        if (!cell->known || column->unit == UNIT_TEXT)
                put_text(json, column->key, cell->known ? cell->text : NULL);
        else if (unit_is_real(column->unit))
                put_real(json, column->key, cell->real);
        else
                put_number(json, column->key, cell->whole);
}

static void put_frame(struct json *json, const struct frame *frame)
{
        begin(json, NULL, '{');
        put_text(json, "function", frame->function);
        put_text(json, "file", frame->file);
        if (frame->line > 0)
                put_number(json, "line", frame->line);
        else
                put_text(json, "line", NULL);
        put_text(json, "module", frame->module);
        if (frame->offset != FRAME_NO_OFFSET)
                put_number(json, "offset", frame->offset);
        else
                put_text(json, "offset", NULL);
        put_bool(json, "inlined", frame->inlined);
        end(json, '}');
}

static void put_frames(struct json *json, const char *key, const struct stack *stack)
{
        struct stack_walk walk = stack_walk(stack);

        begin(json, key, '[');
        for (const struct frame *frame; (frame = stack_next(&walk));)
                put_frame(json, frame);
        end(json, ']');
}

static void put_stack(struct json *json, const struct stack *stack)
{
        put_bool(json, "stack_complete", stack->flags == 0 && stack->count > 0);
        put_frames(json, "stack", stack);
}

static void put_more(struct json *json, const struct row *row)
{
        for (size_t i = 0; i < row->more_count; i++) {
                if (!row->more[i].key)
                        continue;
                if (row->more[i].stack)
                        put_frames(json, row->more[i].key, row->more[i].stack);
                else
                        put_text(json, row->more[i].key, NULL);
        }
}

static void put_table(struct json *json, const struct table *table, size_t rows)
{
        begin(json, table->key, table->record ? '{' : '[');
        for (size_t i = 0; i < rows; i++) {
                if (!table->record)
                        begin(json, NULL, '{');
                for (size_t j = 0; j < table->column_count; j++)
                        put_cell(json, &table->column[j], &table->row[i].cell[j]);
                if (table->row[i].stack)
                        put_stack(json, table->row[i].stack);
                put_more(json, &table->row[i]);
                if (!table->record)
                        end(json, '}');
        }
        end(json, table->record ? '}' : ']');
}

/* A record's lines only repeat its facts. */
static void put_notes(struct json *json, const struct findings *findings)
{
        begin(json, "notes", '{');
        for (size_t i = 0; i < findings->count; i++) {
                const struct table *table = findings->table[i];

                if (table->record)
                        continue;
                begin(json, table->key, '[');
                for (size_t j = 0; j < table->note_count; j++)
                        put_text(json, NULL, table->note[j].text);
                end(json, ']');
        }
        end(json, '}');
}

void report_json(const struct findings *findings, const char *profile, FILE *out, const struct report_options *options)
{
        struct json json = {.out = out, .first = true, .compact = 3};

        begin(&json, NULL, '{');
        put_text(&json, "heaptap", findings->version);
        put_text(&json, "profile", profile);
        put_number(&json, "shape", 1);
        begin(&json, "warnings", '[');
        for (size_t i = 0; i < findings->warning_count; i++)
                put_text(&json, NULL, findings->warning[i]);
        end(&json, ']');
        for (size_t i = 0; i < findings->count; i++)
                put_table(&json, findings->table[i], rows_shown(findings->table[i], options));
        put_notes(&json, findings);
        begin(&json, "omitted", '{');
        for (size_t i = 0; i < findings->count; i++) {
                const struct table *table = findings->table[i];
                size_t left = table->row_count + table->rest_count - rows_shown(table, options);

                if (left)
                        put_number(&json, table->key, (int64_t)left);
        }
        end(&json, '}');
        end(&json, '}');
        fputc('\n', out);
}
