/* The profile gets its name only when it is whole: it is written under a temporary one in the same directory. */
#ifndef STORE_PUBLISH_H
#define STORE_PUBLISH_H

#include <stdbool.h>

char *publish_begin(const char *path); /* the temporary name of an empty file; NULL: errno says why. To be freed. */

/* Without `overwrite`, false with errno EEXIST when the name is taken; the temporary file stays then. */
bool publish_end(const char *temporary, const char *path, bool overwrite);
bool publish_latest(const char *path); /* heaptap.latest beside it links to it */

#endif
