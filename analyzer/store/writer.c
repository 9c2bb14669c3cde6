/* One prepared INSERT at a time, with as many parameters as the table has columns. */
#include "analyzer/store/writer.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "analyzer/xalloc.h"

struct writer {
        sqlite3 *database;
        sqlite3_stmt *insert;
        int column, column_count;
        char *trouble; /* the first; NULL: none */
};

static void check(struct writer *writer, int status)
{
        if (writer->trouble || status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW)
                return;
        writer->trouble = xstrdup(writer->database ? sqlite3_errmsg(writer->database) : sqlite3_errstr(status));
}

static void run(struct writer *writer, const char *sql)
{
        if (!writer->trouble)
                check(writer, sqlite3_exec(writer->database, sql, NULL, NULL, NULL));
}

struct writer *writer_open(const char *path, const char *schema)
{
        struct writer *writer = xcalloc(1, sizeof *writer);

        check(writer, sqlite3_open_v2(path, &writer->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
        /* The file gets its name only once it is whole, so a journal would protect nothing. */
        run(writer, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE");
        run(writer, "BEGIN");
        run(writer, schema);
        return writer;
}

bool writer_close(struct writer *writer, char **ret_trouble)
{
        char *trouble;

        sqlite3_finalize(writer->insert);
        run(writer, "COMMIT");
        check(writer, sqlite3_close(writer->database));
        trouble = writer->trouble;
        free(writer);
        if (trouble)
                *ret_trouble = trouble;
        return !trouble;
}

static int count_columns(struct writer *writer, const char *table)
{
        sqlite3_stmt *select = NULL;
        char *sql = xasprintf("SELECT * FROM %s", table);

        check(writer, sqlite3_prepare_v2(writer->database, sql, -1, &select, NULL));
        free(sql);

        int count = select ? sqlite3_column_count(select) : 0;

        sqlite3_finalize(select);
        return count;
}

void writer_table(struct writer *writer, const char *table)
{
        sqlite3_finalize(writer->insert);
        writer->insert = NULL;
        writer->column = 0;
        if (writer->trouble)
                return;
        writer->column_count = count_columns(writer, table);

        char *marks = xcalloc((size_t)writer->column_count * 2 + 1, 1);

        for (int i = 0; i < writer->column_count; i++) {
                marks[2 * i] = '?';
                marks[2 * i + 1] = i + 1 < writer->column_count ? ',' : '\0';
        }

        char *sql = xasprintf("INSERT INTO %s VALUES (%s)", table, marks);

        check(writer, sqlite3_prepare_v2(writer->database, sql, -1, &writer->insert, NULL));
        free(sql);
        free(marks);
}

void writer_integer(struct writer *writer, uint64_t value)
{
        writer->column++;
        if (writer->insert)
                check(writer, sqlite3_bind_int64(writer->insert, writer->column, (sqlite3_int64)value));
}

void writer_real(struct writer *writer, double value)
{
        writer->column++;
        if (writer->insert)
                check(writer, sqlite3_bind_double(writer->insert, writer->column, value));
}

void writer_text(struct writer *writer, const char *text)
{
        writer->column++;
        if (writer->insert)
                check(writer, sqlite3_bind_text(writer->insert, writer->column, text, -1, SQLITE_STATIC));
}

void writer_null(struct writer *writer)
{
        writer->column++;
        if (writer->insert)
                check(writer, sqlite3_bind_null(writer->insert, writer->column));
}

void writer_row(struct writer *writer)
{
        if (!writer->insert || writer->trouble)
                return;
        assert(writer->column == writer->column_count);
        check(writer, sqlite3_step(writer->insert));
        sqlite3_reset(writer->insert);
        writer->column = 0;
}
