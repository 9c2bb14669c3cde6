/* What earlier runs have found at the addresses of a file: to read the debugging information of libc alone takes longer
 * than to count what a small program does. In $XDG_CACHE_HOME/heaptap/symbols, or ~/.cache/heaptap/symbols, one file
 * for each build id, which names the file that was looked at and the one with its debugging information, and holds as
 * long as neither has changed.
 *
 * Only what comes of whole debugging information is kept, so that nothing can become better later. All files together
 * take CACHE_BYTES_MAX at most: what has not been used for longest goes first. Whatever fails, nothing is kept, and
 * nobody hears of it. */
#ifndef SYMBOLS_CACHE_H
#define SYMBOLS_CACHE_H

#include <stdbool.h>

#include "analyzer/symbols/symbols.h"

enum { CACHE_BYTES_MAX = 32 << 20, CACHE_FILE_BYTES_MAX = 4 << 20 };

struct cache;

/* `build_id` as hex. NULL: for such a file nothing is kept. */
struct cache *cache_open(const char *path, const char *build_id);
bool cache_holds(const struct cache *cache); /* it was there, and is right */

/* As symbols_lookup. False: it is not known. `cache` may be NULL. */
bool cache_find(const struct cache *cache, uint64_t address, struct symbol *ret_symbol, size_t *ret_depth);
void cache_add(struct cache *cache, uint64_t address, const struct symbol *symbol, size_t depth);

/* Writes what was added, which comes from `debug_path`; NULL: nothing is written. */
void cache_close(struct cache *cache, const char *debug_path);

#endif
