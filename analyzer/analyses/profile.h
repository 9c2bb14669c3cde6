/* Reading a profile: an SQLite file as store/schema.sql lays it out. Opened read-only.
 *
 * A profile that fails stays failed: queries then give no rows, so that an analysis reads straight down, and whoever
 * opened the profile looks at profile_error once, at the end. */
#ifndef ANALYZER_ANALYSES_PROFILE_H
#define ANALYZER_ANALYSES_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/findings/arena.h"

struct sqlite3_stmt;
struct profile;

enum {
        PROFILE_FORMAT = 3,              /* PRAGMA user_version: the one that is understood */
        PROFILE_APPLICATION = 0x48544150 /* PRAGMA application_id: "HTAP" */
};

struct profile *profile_open(const char *path); /* never NULL: look at profile_error */
void profile_close(struct profile *profile);
const char *profile_error(const struct profile *profile); /* NULL: none; what is wrong and what to do about it */

/* `for (rows = profile_query(…); profile_next(profile, rows);)` runs over the rows; reading all of them frees it.
 * The integers of `bind` (may be NULL) go into ?1, ?2, … */
struct sqlite3_stmt *profile_query(struct profile *profile, const char *sql, const int64_t *bind, size_t bind_count);
bool profile_next(struct profile *profile, struct sqlite3_stmt *rows);
/* 0 for NULL. No honest number is beyond ±2^58, so a few of them can be added without a second thought. */
int64_t row_integer(struct sqlite3_stmt *row, int column);
int64_t row_address(struct sqlite3_stmt *row, int column); /* all 64 bits */
bool row_is_null(struct sqlite3_stmt *row, int column);
const char *row_text(struct sqlite3_stmt *row, int column); /* NULL for NULL; valid until the next row */

int64_t profile_integer(struct profile *profile, const char *sql); /* the first cell; 0: none */
int64_t meta_integer(struct profile *profile, const char *key);    /* 0: not there */
const char *meta_text(struct profile *profile, const char *key);   /* NULL: not there; valid until profile_close */

/* The columns of table process that are numbers. */
/* clang-format off */
#define PROCESS_NUMBERS(X)                                                                                            \
        X(id) X(pid) X(flags) X(start_ns) X(end_ns) X(memory_limit)                                                   \
        X(allocations) X(frees) X(resizes) X(temporary) X(inherited_frees) X(requested)                               \
        X(live_blocks) X(live_bytes) X(peak_blocks) X(peak_bytes) X(peak_usable) X(peak_ns) X(peak_bound)             \
        X(rss_peak) X(cpu_user_us) X(cpu_system_us)                                                                   \
        X(walk_blocks) X(walk_bytes) X(walk_untraced_blocks) X(walk_stacks_differ)                                    \
        X(mapped) X(free_slices) X(purged) X(metadata) X(side) X(recorder)                                            \
        X(frees_foreign) X(frees_interior) X(frees_double)                                                            \
        X(stacks) X(stacks_truncated) X(stacks_broken) X(stacks_checked) X(stacks_differ)           \
        X(sparse_slabs) X(empty_pinned) X(empty_filling) X(empty_dense) X(empty_unpinned)               \
        X(resizes_in_place) X(resizes_moved)
/* clang-format on */

enum { PROCESS_TRACED = 1, PROCESS_OWN_MALLOC = 2, PROCESS_LATE = 4 };

struct process {
#define FIELD(name) int64_t name;
        PROCESS_NUMBERS(FIELD)
#undef FIELD
        const char *kind, *exe, *command, *end_kind, *walk; /* "" for NULL */
};

/* The processes in order of id, the main one put first. They live until profile_close. */
const struct process *profile_processes(struct profile *profile, size_t *ret_count);

#endif
