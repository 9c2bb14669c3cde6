/* Frames, what they are in the source, and the stacks they make up. */
#include <stdlib.h>

#include "analyzer/store/tables.h"
#include "analyzer/xalloc.h"

uint64_t tables_module_row(const struct model *model, const struct process *process, const struct module *module)
{
        uint64_t row = 1;

        for (const struct process *other = model->processes; other && other != process; other = other->hh.next)
                row += other->modules.count;
        return row + (uint64_t)(module - process->modules.module);
}

static void write_frames(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        uint64_t *module_row = xcalloc(catalog->file_count, sizeof *module_row);

        for (size_t i = 0; i < catalog->file_count; i++)
                module_row[i] = tables_module_row(model, catalog->file[i].process, catalog->file[i].module);
        writer_table(writer, "frame");
        for (size_t i = 0; i < catalog->place_count; i++) {
                const struct catalog_place *place = &catalog->place[i];

                writer_integer(writer, i + 1);
                if (place->file == CATALOG_NO_FILE)
                        writer_null(writer);
                else
                        writer_integer(writer, module_row[place->file]);
                writer_integer(writer, place->pc);
                writer_integer(writer, place->offset);
                writer_row(writer);
        }
        free(module_row);
}

static void write_symbols(struct writer *writer, struct symbols *symbols, const struct catalog *catalog, size_t place)
{
        struct symbol symbol[SYMBOLS_DEPTH_MAX];
        size_t depth = symbols_lookup(symbols, catalog->place[place].offset, symbol);

        for (size_t i = 0; i < depth; i++) {
                writer_integer(writer, place + 1);
                writer_integer(writer, i);
                writer_text(writer, symbol[i].function);
                writer_text(writer, symbol[i].file);
                if (symbol[i].line > 0)
                        writer_integer(writer, (uint64_t)symbol[i].line);
                else
                        writer_null(writer);
                writer_row(writer);
                symbol_free(&symbol[i]);
        }
}

/* The places of each file in a row, so that each file is opened once. */
static int by_file(const void *a, const void *b, void *context)
{
        const struct catalog *catalog = context;
        uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
        int file_one = catalog->place[one].file, file_two = catalog->place[two].file;

        if (file_one != file_two)
                return file_one < file_two ? -1 : 1;
        return (one > two) - (one < two);
}

static enum symbols_status *write_all_symbols(struct writer *writer, const struct catalog *catalog)
{
        enum symbols_status *status = xcalloc(catalog->file_count, sizeof *status);
        uint32_t *order = xcalloc(catalog->place_count, sizeof *order);
        struct symbols *symbols = NULL;
        int file = CATALOG_NO_FILE;

        for (size_t i = 0; i < catalog->place_count; i++)
                order[i] = (uint32_t)i;
        qsort_r(order, catalog->place_count, sizeof *order, by_file, (void *)catalog);
        writer_table(writer, "symbol");
        for (size_t i = 0; i < catalog->place_count; i++) {
                if (catalog->place[order[i]].file == CATALOG_NO_FILE)
                        continue;
                if (catalog->place[order[i]].file != file) {
                        if (symbols)
                                symbols_close(symbols);
                        file = catalog->place[order[i]].file;
                        symbols = symbols_open(catalog->file[file].module->path, catalog->file[file].module->build_id);
                        status[file] = symbols_status(symbols);
                }
                write_symbols(writer, symbols, catalog, order[i]);
        }
        if (symbols)
                symbols_close(symbols);
        free(order);
        return status;
}

static char *put_number(char *at, uint64_t number)
{
        char digits[20];
        size_t count = 0;

        do
                digits[count++] = (char)('0' + number % 10);
        while (number /= 10);
        while (count)
                *at++ = digits[--count];
        return at;
}

enum { FRAMES_TEXT_BYTES = WIRE_STACK_FRAMES_MAX * sizeof "4294967295" + 1 };

/* The frames of a stack itself, by number. */
static void own_frames_text(const struct catalog *catalog, const struct catalog_stack *stack, char *at)
{
        for (uint32_t i = 0; i < stack->frame_count; i++) {
                if (i)
                        *at++ = ' ';
                at = put_number(at, catalog->frame[stack->frame + i] + UINT64_C(1));
        }
        *at = '\0';
}

static void write_stacks(struct writer *writer, const struct catalog *catalog)
{
        char text[FRAMES_TEXT_BYTES];

        writer_table(writer, "stack");
        for (size_t i = 0; i < catalog->stack_count; i++) {
                const struct catalog_stack *stack = &catalog->stack[i];

                writer_integer(writer, i + 1);
                writer_integer(writer, stack->flags);
                writer_integer(writer, stack->depth);
                if (stack->outer == CATALOG_NO_STACK)
                        writer_null(writer);
                else
                        writer_integer(writer, stack->outer + UINT64_C(1));
                own_frames_text(catalog, stack, text);
                writer_text(writer, text);
                writer_row(writer);
        }
}

enum symbols_status *tables_frames(struct writer *writer, const struct model *model, const struct catalog *catalog)
{
        enum symbols_status *status;

        write_frames(writer, model, catalog);
        status = write_all_symbols(writer, catalog);
        write_stacks(writer, catalog);
        return status;
}
