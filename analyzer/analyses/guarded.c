/* GUARDED: after a crash, the blocks that it can have to do with because they had pages of their own. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/analyses/analysis.h"
#include "analyzer/xalloc.h"

static const char query[] = "SELECT bytes, freed, address, alloc_stack, free_stack FROM guarded "
                            "WHERE process = ?1 ORDER BY freed, slot";

/* Where the program stumbled is known to nobody but the kernel: so all of them are told, and only when it did. */
static bool is_wanted(const struct evidence *evidence)
{
        int64_t signal = meta_integer(evidence->profile, "exit_signal");

        return meta_integer(evidence->profile, "exit_known") && (signal == SIGSEGV || signal == SIGBUS) &&
               evidence->process_count && strcmp(evidence->process[0].end_kind, "killed") == 0;
}

struct table *analysis_guarded(const struct evidence *evidence)
{
        struct profile *profile = evidence->profile;
        struct table *table;
        size_t count = 0, room = 0, at = 0;
        int64_t *id = NULL;
        const struct stack *const *stack;

        if (!is_wanted(evidence))
                return NULL;
        for (struct sqlite3_stmt *rows = profile_query(profile, query, &evidence->process[0].id, 1);
             profile_next(profile, rows);)
                for (int column = 3; column < 5; column++) {
                        id = xgrow(id, count, &room, sizeof *id);
                        id[count++] = row_integer(rows, column);
                }
        if (!count)
                return NULL;

        table = table_create("guarded", "GUARDED");
        table->whole = true;
        stack = places_stacks(profile, id, count, &table->arena);
        free(id);
        table_column(table, "bytes", "bytes", UNIT_BYTES, false);
        table_column(table, "state", "state", UNIT_TEXT, false);
        table_detail(table, "address", UNIT_ID);
        for (struct sqlite3_stmt *rows = profile_query(profile, query, &evidence->process[0].id, 1);
             profile_next(profile, rows); at += 2) {
                table_row(table, stack[at]);
                table_put(table, row_integer(rows, 0));
                table_put_text(table, row_integer(rows, 1) ? "freed" : "in use");
                table_put(table, row_address(rows, 2));
                table_label(table, "allocated in");
                table_stack(table, "freed", "freed in", stack[at + 1]);
        }
        table_note(table, "blocks with pages of their own when the program died: %zu", table->row_count);
        table_note(table, "it may have touched what lies behind one that was in use, or one that was freed");
        return table;
}
