/* The directory of the symbol cache. */
#ifndef SYMBOLS_CACHE_DIR_H
#define SYMBOLS_CACHE_DIR_H

#include <stddef.h>

/* To be freed. NULL: there is none that nobody else can write to, and none could be made. */
char *cache_dir(void);
void cache_dir_used(int fd, int seconds); /* notes that the file was, unless it was noted in the last `seconds` */
void cache_dir_limit(const char *directory, size_t bytes_max); /* removes what has not been used for longest */

#endif
