/* Memory for the analyzer. There is nothing sensible to do without it, so these end the program when there is none. */
#ifndef ANALYZER_XALLOC_H
#define ANALYZER_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xaligned(size_t alignment, size_t bytes); /* a power of two, and a multiple of it */
void *xrealloc(void *old, size_t bytes);
char *xstrdup(const char *text);
char *xmemdup0(const void *bytes, size_t count); /* with a NUL behind it; bytes may hold NULs */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Room for one more of item_bytes each; doubles *room when it is full. */
void *xgrow(void *items, size_t count, size_t *room, size_t item_bytes);

#endif
