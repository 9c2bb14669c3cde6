/* Rows into SQLite, column by column in the order of the schema. A writer that fails stays failed: rows are written
 * straight down, and writer_close is looked at once. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;

struct writer *writer_open(const char *path, const char *schema); /* an empty file; begins the one transaction */
bool writer_close(struct writer *writer, char **ret_trouble);     /* commits; trouble is to be freed */

void writer_table(struct writer *writer, const char *table); /* the rows to come are for this table */
void writer_integer(struct writer *writer, uint64_t value);  /* kept as a signed 64-bit number */
void writer_real(struct writer *writer, double value);
void writer_text(struct writer *writer, const char *text); /* NULL: SQL's NULL; must live until the row ends */
void writer_null(struct writer *writer);
void writer_row(struct writer *writer); /* every column must have been given */

#endif
