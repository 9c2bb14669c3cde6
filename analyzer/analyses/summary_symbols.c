/* Whose names and line numbers are missing, and how to get them. */
#include "analyzer/analyses/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        MODULES_SHOWN = 5,
        MODULES_MAX = 64, /* that are looked at: more would not be read */
};

struct nameless {
        const char *module[MODULES_MAX];
        size_t count;
};

static bool holds(const struct nameless *nameless, const char *module)
{
        for (size_t i = 0; i < nameless->count; i++)
                if (nameless->module[i] == module || strcmp(nameless->module[i], module) == 0)
                        return true;
        return false;
}

static void add(struct nameless *nameless, const char *module)
{
        if (nameless->count < MODULES_MAX && !holds(nameless, module))
                nameless->module[nameless->count++] = module;
}

static int compare(const void *left, const void *right)
{
        const char *const *a = left, *const *b = right;

        return strcmp(path_base(*a), path_base(*b));
}

/* Only frames that are shown count: nobody misses the names of libc's start-up. */
static struct nameless find_nameless(const struct places *places)
{
        struct nameless nameless = {0};

        for (size_t i = 0; i < places->place_count; i++) {
                struct stack_walk walk = stack_walk(places->place[i].stack);

                for (const struct frame *line; (line = stack_next(&walk));)
                        if (!line->function && line->module)
                                add(&nameless, line->module);
        }
        qsort(nameless.module, nameless.count, sizeof *nameless.module, compare);
        return nameless;
}

static bool has_no_lines(const struct evidence *evidence)
{
        bool found = false;
        struct sqlite3_stmt *rows = profile_query(
                evidence->profile, "SELECT path FROM module WHERE symbols IN ('symtab', 'dynsym')", NULL, 0);

        while (profile_next(evidence->profile, rows))
                found |= row_text(rows, 0) && strcmp(row_text(rows, 0), evidence->process->exe) == 0;
        return found;
}

void tell_symbols(const struct evidence *evidence, struct table *table)
{
        char list[512] = "";
        size_t length = 0;
        struct nameless nameless;

        if (evidence->places.by == PLACES_BY_MODULE)
                return;
        nameless = find_nameless(&evidence->places);
        for (size_t i = 0; i < nameless.count && i < MODULES_SHOWN && length < sizeof list; i++)
                length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "",
                                           path_base(nameless.module[i]));
        if (nameless.count > MODULES_SHOWN && length < sizeof list)
                snprintf(list + length, sizeof list - length, " and %zu more", nameless.count - MODULES_SHOWN);
        table_fact(table, "modules_without_symbols", UNIT_COUNT, (int64_t)nameless.count);
        if (nameless.count)
                table_line(table, "symbols", "missing for %s: install the -dbgsym package or set DEBUGINFOD_URLS",
                           list);
        if (!holds(&nameless, evidence->process->exe) && has_no_lines(evidence))
                table_line(table, "symbols", "no line numbers for %s: compile it with -g",
                           path_base(evidence->process->exe));
}
