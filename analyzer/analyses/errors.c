/* ERRORS: blocks freed wrongly, or written to where they end or have ended. */
#include "analyzer/analyses/analysis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/frames.h"
#include "analyzer/xalloc.h"

enum { SENTENCE_BYTES = 256 };

/* The columns of a row of the profile. */
enum {
        ROW_KIND,
        ROW_CALL,
        ROW_COUNT,
        ROW_FIRST_NS,
        ROW_ADDRESS,
        ROW_PLACE,
        ROW_MODULE,
        ROW_BLOCK_KIND,
        ROW_BLOCK_BYTES,
        ROW_OFFSET,
        ROW_SAID,
        ROW_CHANGED,
        ROW_FREED,
        ROW_STACK,
        ROW_ALLOC_STACK,
        ROW_FREE_STACK,
};

static const char query[] =
        "SELECT error.kind, call, count, error.first_ns, address, place, module.path, block_kind, "
        "block_bytes, offset, said, changed_bytes, freed, stack, alloc_stack, free_stack "
        "FROM error LEFT JOIN module ON module.id = error.module ORDER BY count DESC, error.first_ns, error.id";

static const char *or_unknown(const char *text)
{
        return text ? text : "unknown";
}

/* "a block of 100 bytes from malloc", or as much of it as is known. */
static void say_block(struct sqlite3_stmt *row, char *text, size_t bytes)
{
        const char *kind = row_text(row, ROW_BLOCK_KIND);

        if (kind)
                snprintf(text, bytes, "a block of %s byte%s from %s",
                         unit_count(row_integer(row, ROW_BLOCK_BYTES)).text, plural(row_integer(row, ROW_BLOCK_BYTES)),
                         strcmp(kind, "aligned") == 0 ? "an aligned allocation" : kind);
        else
                snprintf(text, bytes, "a block");
}

static void say_place(struct sqlite3_stmt *row, char *text, size_t bytes)
{
        const char *place = or_unknown(row_text(row, ROW_PLACE)), *call = or_unknown(row_text(row, ROW_CALL));

        if (strcmp(place, "stack") == 0)
                snprintf(text, bytes, "%s of no block, but of an address on the stack", call);
        else if (strcmp(place, "pools") == 0)
                snprintf(text, bytes, "%s of no block, but of an address between blocks", call);
        else if (strcmp(place, "module") == 0)
                snprintf(text, bytes, "%s of no block, but of an address in %s", call,
                         path_base(or_unknown(row_text(row, ROW_MODULE))));
        else
                snprintf(text, bytes, "%s of no block", call);
}

static void say_changes(struct sqlite3_stmt *row, const char *block, const char *where, char *text, size_t bytes)
{
        snprintf(text, bytes, "%s byte%s written %s %s, from offset %s on",
                 unit_count(row_integer(row, ROW_CHANGED)).text, plural(row_integer(row, ROW_CHANGED)), where, block,
                 unit_count(row_integer(row, ROW_OFFSET)).text);
}

static void say(struct sqlite3_stmt *row, char *text, size_t bytes)
{
        const char *kind = or_unknown(row_text(row, ROW_KIND)), *call = or_unknown(row_text(row, ROW_CALL));
        char block[SENTENCE_BYTES / 2];

        say_block(row, block, sizeof block);
        if (strcmp(kind, "foreign") == 0)
                say_place(row, text, bytes);
        else if (strcmp(kind, "interior") == 0)
                snprintf(text, bytes, "%s of an address %s byte%s into %s%s", call,
                         unit_count(row_integer(row, ROW_OFFSET)).text, plural(row_integer(row, ROW_OFFSET)), block,
                         row_integer(row, ROW_FREED) ? ", which was free already" : "");
        else if (strcmp(kind, "double") == 0)
                snprintf(text, bytes, "%s of %s that was free already", call, block);
        else if (strcmp(kind, "size") == 0)
                snprintf(text, bytes, "%s of %s as if it had %s", call, block,
                         unit_count(row_integer(row, ROW_SAID)).text);
        else if (strcmp(kind, "alignment") == 0)
                snprintf(text, bytes, "%s of %s as if it were aligned to %s", call, block,
                         unit_count(row_integer(row, ROW_SAID)).text);
        else if (strcmp(kind, "array") == 0)
                snprintf(text, bytes, "%s of %s", call, block);
        else if (strcmp(kind, "link") == 0)
                snprintf(text, bytes, "a free block was written to, so that its list leads nowhere");
        else if (strcmp(kind, "overflow") == 0)
                say_changes(row, block, "behind the end of", text, bytes);
        else if (strcmp(kind, "write") == 0)
                say_changes(row, block, "after the free into", text, bytes);
        else
                snprintf(text, bytes, "%s", kind);
}

static void put_columns(struct table *table)
{
        table_column(table, "count", "times", UNIT_COUNT, true);
        table_column(table, "first_ns", "first at", UNIT_NS, false);
        table_column(table, "error", "error", UNIT_TEXT, false);
        table_detail(table, "kind", UNIT_TEXT);
        table_detail(table, "call", UNIT_TEXT);
        table_detail(table, "address", UNIT_ID);
        table_detail(table, "place", UNIT_TEXT);
        table_detail(table, "module", UNIT_TEXT);
        table_detail(table, "block_kind", UNIT_TEXT);
        table_detail(table, "block_bytes", UNIT_BYTES);
        table_detail(table, "offset", UNIT_BYTES);
        table_detail(table, "said", UNIT_COUNT);
        table_detail(table, "changed_bytes", UNIT_BYTES);
}

static void put_if_known(struct table *table, struct sqlite3_stmt *row, int column)
{
        if (row_is_null(row, column))
                table_put_unknown(table);
        else
                table_put(table, row_integer(row, column));
}

static void put_row(struct table *table, struct sqlite3_stmt *row, const struct stack *const *stack)
{
        char sentence[SENTENCE_BYTES];
        const char *kind = row_text(row, ROW_KIND);

        say(row, sentence, sizeof sentence);
        table_row(table, stack[0]);
        table_put(table, row_integer(row, ROW_COUNT));
        table_put(table, row_integer(row, ROW_FIRST_NS));
        table_put_text(table, sentence);
        table_put_text(table, kind);
        table_put_text(table, row_text(row, ROW_CALL));
        table_put(table, row_address(row, ROW_ADDRESS));
        table_put_text(table, row_text(row, ROW_PLACE));
        table_put_text(table, row_text(row, ROW_MODULE));
        table_put_text(table, row_text(row, ROW_BLOCK_KIND));
        for (int column = ROW_BLOCK_BYTES; column <= ROW_CHANGED; column++)
                put_if_known(table, row, column);
        table_label(table, kind && (strcmp(kind, "write") == 0 || strcmp(kind, "link") == 0) ? "freed in" : "found in");
        table_stack(table, "allocated", "allocated in", stack[1]);
        table_stack(table, "freed_first", "freed first in", stack[2]);
}

struct table *analysis_errors(const struct evidence *evidence)
{
        struct profile *profile = evidence->profile;
        struct table *table = table_create("errors", "ERRORS");
        size_t count = 0, room = 0, at = 0;
        int64_t *id = NULL, errors = 0;

        for (struct sqlite3_stmt *rows = profile_query(profile, query, NULL, 0); profile_next(profile, rows);)
                for (int column = ROW_STACK; column <= ROW_FREE_STACK; column++) {
                        id = xgrow(id, count, &room, sizeof *id);
                        id[count++] = row_integer(rows, column);
                }
        if (!count) {
                table_destroy(table);
                return NULL;
        }

        const struct stack *const *stack = places_stacks(profile, id, count, &table->arena);

        put_columns(table);
        for (struct sqlite3_stmt *rows = profile_query(profile, query, NULL, 0); profile_next(profile, rows); at += 3) {
                put_row(table, rows, stack + at);
                errors = saturating_sum(errors, row_integer(rows, ROW_COUNT));
        }
        free(id);
        table_note(table, "%s time%s the program misused a block, in %zu way%s", unit_count(errors).text,
                   plural(errors), table->row_count, plural((int64_t)table->row_count));
        return table;
}
