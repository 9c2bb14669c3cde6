/* SUPPRESSIONS: what was left out because of each, and which ones nothing needs. */
#include "analyzer/analyses/suppressed.h"

#include "analyzer/analyses/analysis.h"
#include "analyzer/xalloc.h"

#include <stdlib.h>

enum { UNUSED_SHOWN = 10 };

/* What libc keeps for itself until the end, in places where no scan looks. Each is about what it allocates itself, not
 * about what is called from there: a library's constructors are called from the loader. */
static const struct suppression built_in[] = {
        {.pattern = "/ld-linux*.so*",
         .innermost = true,
         .source = "built in",
         .reason = "the loader's own: it frees none of its tables"},
};

static void load_text(struct suppressed *suppressed, const char *source, const char *text)
{
        struct suppress_trouble trouble;

        if (suppress_parse(&suppressed->list, arena_text(&suppressed->list.arena, source), text ? text : "",
                           &trouble) ||
            suppressed->bad_line)
                return;
        suppressed->bad_line = trouble.line;
        suppressed->bad_what = trouble.what;
}

/* Programs that a run follows often say the same; each text counts once. */
static void load_profile(struct profile *profile, bool of_run, struct suppressed *suppressed)
{
        for (struct sqlite3_stmt *rows = profile_query(profile,
                                                       of_run ? "SELECT source, text FROM suppressions "
                                                                "WHERE process IS NULL ORDER BY rowid"
                                                              : "SELECT DISTINCT source, text FROM suppressions "
                                                                "WHERE process IS NOT NULL ORDER BY process",
                                                       NULL, 0);
             profile_next(profile, rows);)
                load_text(suppressed, row_text(rows, 0), row_text(rows, 1));
}

void suppressed_load(struct profile *profile, const struct suppressed_options *options, struct suppressed *ret)
{
        *ret = (struct suppressed){0};
        if (options->none)
                return;
        for (size_t i = 0; i < options->text_count; i++)
                load_text(ret, options->text[i].source, options->text[i].text);
        if (!options->text)
                load_profile(profile, true, ret);
        load_profile(profile, false, ret);
        for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
                suppress_add(&ret->list, &built_in[i]);
}

void suppressed_free(struct suppressed *suppressed)
{
        suppress_free(&suppressed->list);
}

bool suppressed_take(struct suppressed *suppressed, const struct stack *stack, const struct stack *root, int64_t blocks,
                     int64_t bytes)
{
        struct suppression *suppression = suppress_find(&suppressed->list, stack);

        if (!suppression && root)
                suppression = suppress_find(&suppressed->list, root);
        if (!suppression)
                return false;
        suppression->blocks = saturating_sum(suppression->blocks, blocks);
        suppression->bytes = saturating_sum(suppression->bytes, bytes);
        return true;
}

static void put_used(struct table *table, const struct suppression *suppression)
{
        char *where = suppression->line ? xasprintf("%s:%zu", suppression->source, suppression->line)
                                        : xasprintf("%s: %s", suppression->source, suppression->reason);
        char *pattern = xasprintf("leak:%s", suppression->pattern);

        table_row(table, NULL);
        table_put(table, suppression->bytes);
        table_put(table, suppression->blocks);
        table_put_text(table, pattern);
        table_put_text(table, where);
        free(pattern);
        free(where);
}

/* What is built in is not the user's to tidy up. */
static void tell_unused(struct table *table, const struct suppressions *list)
{
        size_t unused = 0;

        for (size_t i = 0; i < list->count; i++) {
                const struct suppression *suppression = &list->suppression[i];

                if (suppression->blocks || !suppression->line)
                        continue;
                if (unused++ < UNUSED_SHOWN)
                        table_note(table, "unused: leak:%s (%s:%zu)", suppression->pattern, suppression->source,
                                   suppression->line);
        }
        if (unused > UNUSED_SHOWN)
                table_note(table, "unused: %zu more", unused - UNUSED_SHOWN);
}

struct table *analysis_suppressions(const struct evidence *evidence)
{
        const struct suppressed *suppressed = evidence->suppressed;
        const struct suppressions *list = &suppressed->list;
        struct table *table = table_create("suppressions", "SUPPRESSIONS");

        table->whole = true;
        table_column(table, "bytes", "bytes", UNIT_BYTES, true);
        table_column(table, "blocks", "blocks", UNIT_COUNT, true);
        table_column(table, "suppression", "suppression", UNIT_TEXT, false);
        table_column(table, "source", "from", UNIT_TEXT, false);
        for (size_t i = 0; i < list->count; i++)
                if (list->suppression[i].blocks)
                        put_used(table, &list->suppression[i]);
        table_sort(table, "bytes");
        if (suppressed->bad_line)
                table_note(table, "__lsan_default_suppressions(), line %zu: %s", suppressed->bad_line,
                           suppressed->bad_what);
        if (evidence->lost.known) /* else none could find anything */
                tell_unused(table, list);
        if (table->row_count || table->note_count)
                return table;
        table_destroy(table);
        return NULL;
}
