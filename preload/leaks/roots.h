/* Finding the roots of a scan. */
#ifndef PRELOAD_LEAKS_ROOTS_H
#define PRELOAD_LEAKS_ROOTS_H

#include "preload/leaks/root.h"
#include "preload/leaks/stop.h"

/* Fills in `roots`, which are all zero. `stop` NULL: the calling thread is the only one. False: no memory, or the
 * kernel does not say what is mapped. Takes no lock and uses nothing of the C library that does, so that it works in a
 * raw child. */
bool leak_roots_collect(struct leak_roots *roots, const struct leak_stop *stop);
void leak_roots_free(struct leak_roots *roots); /* they may hold none */

#endif
