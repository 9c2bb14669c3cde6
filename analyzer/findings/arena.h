/* Memory that is given back all at once: the texts, frames and rows of one report. */
#ifndef ANALYZER_FINDINGS_ARENA_H
#define ANALYZER_FINDINGS_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena {
        struct arena_chunk *chunk;
};

void *arena_alloc(struct arena *arena, size_t bytes);          /* zeroed; aligned for any type; never NULL */
const char *arena_text(struct arena *arena, const char *text); /* a copy; NULL stays NULL */
const char *arena_format(struct arena *arena, const char *format, va_list arguments)
        __attribute__((format(printf, 2, 0)));
void arena_join(struct arena *arena, struct arena *from); /* takes all of it over; `from` is empty afterwards */
void arena_free(struct arena *arena);

#endif
