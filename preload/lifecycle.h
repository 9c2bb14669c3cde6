/* The beginning and the end of a traced process. */
#ifndef PRELOAD_LIFECYCLE_H
#define PRELOAD_LIFECYCLE_H

#include <stdbool.h>

/* The program brings its own malloc: ours serves nobody, and the operators must use the program's. */
bool lifecycle_is_passive(void);

#endif
