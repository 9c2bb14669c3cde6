/* SQLite behind a narrow door. */
#include "analyzer/analyses/profile.h"

#include "analyzer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct profile {
        struct arena arena;
        sqlite3 *database;
        const char *error;
        struct process *process;
        size_t process_count, process_capacity;
};

static void fail(struct profile *profile, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct profile *profile, const char *format, ...)
{
        va_list arguments;

        if (profile->error)
                return; /* the first trouble is the cause of the others */
        va_start(arguments, format);
        profile->error = arena_format(&profile->arena, format, arguments);
        va_end(arguments);
}

static void fail_damaged(struct profile *profile)
{
        fail(profile, "the profile is damaged (%s); record it again", sqlite3_errmsg(profile->database));
}

/* SQLite would create a file that is missing, and reads lazily: the plain troubles are told apart before. */
static void check_file(struct profile *profile, const char *path)
{
        struct stat status;

        if (stat(path, &status) != 0)
                fail(profile, errno == ENOENT ? "%s; run `heaptap PROGRAM` first, or name a profile" : "%s",
                     strerror(errno));
        else if (!S_ISREG(status.st_mode))
                fail(profile, "not a file; name a profile written by heaptap");
}

static void check_application(struct profile *profile)
{
        sqlite3_stmt *row = NULL;
        int status = sqlite3_prepare_v2(profile->database, "PRAGMA application_id", -1, &row, NULL);

        if (status == SQLITE_OK)
                status = sqlite3_step(row);
        if (status != SQLITE_ROW && status != SQLITE_NOTADB)
                fail_damaged(profile);
        else if (status == SQLITE_NOTADB || sqlite3_column_int(row, 0) != PROFILE_APPLICATION)
                fail(profile, "not a heaptap profile; name a file written by heaptap");
        sqlite3_finalize(row);
}

static void check_format(struct profile *profile)
{
        int64_t format = profile_integer(profile, "PRAGMA user_version");

        if (!profile->error && format > PROFILE_FORMAT)
                fail(profile,
                     "profile format %" PRId64 " is newer than this program (reads %d); use the heaptap that wrote it",
                     format, PROFILE_FORMAT);
        if (!profile->error && format < PROFILE_FORMAT)
                fail(profile,
                     "profile format %" PRId64
                     " is older than this program (reads %d); record it again, or use the heaptap that wrote it",
                     format, PROFILE_FORMAT);
}

struct profile *profile_open(const char *path)
{
        struct arena arena = {0};
        struct profile *profile = arena_alloc(&arena, sizeof *profile);

        profile->arena = arena; /* the profile lies in its own arena */
        check_file(profile, path);
        if (profile->error)
                return profile;
        if (sqlite3_open_v2(path, &profile->database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
                fail(profile, "%s", sqlite3_errmsg(profile->database));
                return profile;
        }
        check_application(profile);
        check_format(profile);
        return profile;
}

void profile_close(struct profile *profile)
{
        struct arena arena = profile->arena;

        sqlite3_close(profile->database);
        free(profile->process);
        arena_free(&arena);
}

const char *profile_error(const struct profile *profile)
{
        return profile->error;
}

struct sqlite3_stmt *profile_query(struct profile *profile, const char *sql, const int64_t *bind, size_t bind_count)
{
        sqlite3_stmt *rows = NULL;

        if (profile->error)
                return NULL;
        if (sqlite3_prepare_v2(profile->database, sql, -1, &rows, NULL) != SQLITE_OK) {
                fail_damaged(profile);
                return NULL;
        }
        for (size_t i = 0; i < bind_count; i++)
                sqlite3_bind_int64(rows, (int)i + 1, bind[i]);
        return rows;
}

bool profile_next(struct profile *profile, struct sqlite3_stmt *rows)
{
        int status;

        if (!rows)
                return false;
        status = sqlite3_step(rows);
        if (status == SQLITE_ROW)
                return true;
        if (status != SQLITE_DONE)
                fail_damaged(profile);
        sqlite3_finalize(rows);
        return false;
}

static int64_t honest(int64_t value)
{
        const int64_t bound = INT64_C(1) << 58;

        return value > bound ? bound : value < -bound ? -bound : value;
}

int64_t row_integer(struct sqlite3_stmt *row, int column)
{
        return honest(sqlite3_column_int64(row, column));
}

int64_t row_address(struct sqlite3_stmt *row, int column)
{
        return sqlite3_column_int64(row, column);
}

bool row_is_null(struct sqlite3_stmt *row, int column)
{
        return sqlite3_column_type(row, column) == SQLITE_NULL;
}

const char *row_text(struct sqlite3_stmt *row, int column)
{
        return (const char *)sqlite3_column_text(row, column);
}

int64_t profile_integer(struct profile *profile, const char *sql)
{
        int64_t value = 0;

        for (sqlite3_stmt *rows = profile_query(profile, sql, NULL, 0); profile_next(profile, rows);)
                value = row_integer(rows, 0);
        return value;
}

const char *meta_text(struct profile *profile, const char *key)
{
        const char *value = NULL;
        sqlite3_stmt *rows = profile_query(profile, "SELECT value FROM meta WHERE key = ?1", NULL, 0);

        sqlite3_bind_text(rows, 1, key, -1, SQLITE_STATIC);
        while (profile_next(profile, rows))
                value = arena_text(&profile->arena, row_text(rows, 0));
        return value;
}

int64_t meta_integer(struct profile *profile, const char *key)
{
        const char *text = meta_text(profile, key);

        return text ? honest(strtoll(text, NULL, 10)) : 0;
}

static const char *text_or_empty(struct profile *profile, sqlite3_stmt *row, int column)
{
        const char *text = row_text(row, column);

        return text ? arena_text(&profile->arena, text) : "";
}

static struct process read_process(struct profile *profile, sqlite3_stmt *row)
{
        int at = 0;
        struct process process;

#define READ(name) process.name = row_integer(row, at++);
        PROCESS_NUMBERS(READ)
#undef READ

        process.kind = text_or_empty(profile, row, at++);
        process.exe = text_or_empty(profile, row, at++);
        process.command = text_or_empty(profile, row, at++);
        process.end_kind = text_or_empty(profile, row, at++);
        process.walk = text_or_empty(profile, row, at++);
        return process;
}

const struct process *profile_processes(struct profile *profile, size_t *ret_count)
{
        sqlite3_stmt *rows = NULL;

        if (!profile->process)
                rows = profile_query(profile,
#define NAME(name) #name ","
                                     "SELECT " PROCESS_NUMBERS(NAME)
#undef NAME
                                             "kind, exe, command, end_kind, walk FROM process "
                                             "ORDER BY kind IS NOT 'main', id",
                                     NULL, 0);
        while (profile_next(profile, rows)) {
                profile->process = xgrow(profile->process, profile->process_count, &profile->process_capacity,
                                         sizeof *profile->process);
                profile->process[profile->process_count++] = read_process(profile, rows);
        }
        *ret_count = profile->process_count;
        return profile->process;
}
