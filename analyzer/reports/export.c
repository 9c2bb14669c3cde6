/* The list of export formats, what they share, and the two that are a line a stack. */
#include "analyzer/reports/export.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/xalloc.h"

enum { NAME_BYTES = 512 };

static const char *const cost_names[EXPORT_COSTS] = {
        [EXPORT_LIVE] = "live",
        [EXPORT_PEAK] = "peak",
        [EXPORT_ALLOCATED] = "allocated",
        [EXPORT_LEAKED] = "leaked",
};

const char *export_cost_name(enum export_cost cost)
{
        return cost_names[cost];
}

int64_t export_bytes(const struct row *row, enum export_cost cost)
{
        return row->cell[2 * cost].whole;
}

int64_t export_blocks(const struct row *row, enum export_cost cost)
{
        return row->cell[2 * cost + 1].whole;
}

uint32_t export_frame_number(struct export_frames *frames, const struct frame *frame)
{
        uint32_t hash = index_hash(index_mix(0, (uintptr_t)frame)), number;

        for (struct index_probe probe = {.hash = hash}; (number = index_next(&frames->index, &probe)) != INDEX_NONE;)
                if (frames->frame[number] == frame)
                        return number;
        frames->frame = xgrow(frames->frame, frames->count, &frames->capacity, sizeof *frames->frame);
        frames->frame[frames->count] = frame;
        index_add(&frames->index, hash, (uint32_t)frames->count);
        return (uint32_t)frames->count++;
}

void export_frames_free(struct export_frames *frames)
{
        index_free(&frames->index);
        free(frames->frame);
}

const char *export_frame_name(const struct frame *frame, char *buffer)
{
        if (frame->function)
                return frame->function;
        snprintf(buffer, NAME_BYTES, "%s+0x%llx", frame->module ? path_base(frame->module) : "?",
                 (unsigned long long)(frame->offset == FRAME_NO_OFFSET ? 0 : frame->offset));
        return buffer;
}

/* --- folded ------------------------------------------------------------------------------------------------------ */

static void put_folded_name(const char *name, FILE *out)
{
        for (; *name; name++)
                fputc(*name == ';' ? ':' : (unsigned char)*name < ' ' ? '?' : *name, out);
}

static void folded(const struct table *costs, enum export_cost cost, FILE *out)
{
        char buffer[NAME_BYTES];

        for (size_t i = 0; i < costs->row_count; i++) {
                const struct row *row = &costs->row[i];
                const struct frame **line;

                if (export_bytes(row, cost) <= 0)
                        continue;
                line = stack_lines(row->stack);
                for (size_t at = row->stack->count; at-- > 0;) {
                        put_folded_name(export_frame_name(line[at], buffer), out);
                        if (at)
                                fputc(';', out);
                }
                fprintf(out, "%s %lld\n", row->stack->count ? "" : "?", (long long)export_bytes(row, cost));
                free(line);
        }
}

/* --- csv --------------------------------------------------------------------------------------------------------- */

static void put_quoted(const char *text, FILE *out)
{
        for (; *text; text++) {
                if (*text == '"')
                        fputc('"', out);
                fputc(*text, out);
        }
}

/* The stack is one field, innermost first, a line each. */
static void csv(const struct table *costs, enum export_cost cost, FILE *out)
{
        char buffer[NAME_BYTES];

        (void)cost;
        for (size_t i = 0; i < costs->column_count; i++)
                fprintf(out, "%s,", costs->column[i].key);
        fputs("stack\r\n", out);
        for (size_t i = 0; i < costs->row_count; i++) {
                const struct row *row = &costs->row[i];
                struct stack_walk walk = stack_walk(row->stack);

                for (size_t column = 0; column < costs->column_count; column++)
                        fprintf(out, "%lld,", (long long)row->cell[column].whole);
                fputc('"', out);
                for (const struct frame *frame; (frame = stack_next(&walk));) {
                        put_quoted(export_frame_name(frame, buffer), out);
                        if (frame->file) {
                                fputs("  ", out);
                                put_quoted(frame->file, out);
                                fprintf(out, ":%lld", (long long)frame->line);
                        }
                        if (walk.left)
                                fputc('\n', out);
                }
                fputs("\"\r\n", out);
        }
}

/* --- all --------------------------------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        void (*write)(const struct table *costs, enum export_cost cost, FILE *out);
} formats[EXPORT_FORMATS] = {
        [EXPORT_FOLDED] = {"folded", folded},
        [EXPORT_CSV] = {"csv", csv},
        [EXPORT_SPEEDSCOPE] = {"speedscope", export_speedscope},
        [EXPORT_PPROF] = {"pprof", export_pprof},
};

bool export_format_parse(const char *name, enum export_format *ret_format)
{
        for (int i = 0; i < EXPORT_FORMATS; i++)
                if (strcmp(name, formats[i].name) == 0) {
                        *ret_format = (enum export_format)i;
                        return true;
                }
        return false;
}

bool export_cost_parse(const char *name, enum export_cost *ret_cost)
{
        for (int i = 0; i < EXPORT_COSTS; i++)
                if (strcmp(name, cost_names[i]) == 0) {
                        *ret_cost = (enum export_cost)i;
                        return true;
                }
        return false;
}

void export_write(const struct findings *findings, enum export_format format, enum export_cost cost, FILE *out)
{
        static const struct table none = {.key = "costs"};
        const struct table *costs = &none;

        for (size_t i = 0; i < findings->count; i++)
                if (strcmp(findings->table[i]->key, "costs") == 0)
                        costs = findings->table[i];
        formats[format].write(costs, cost, out);
}
