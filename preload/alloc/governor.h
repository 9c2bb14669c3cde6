/* The governor: reads how short memory is, from time to time, and sets the limits of the pools accordingly.
 *
 * It works in the slow paths of the program's own threads. Until some tens of MiB are free and kept it does nothing at
 * all, so that small programs in sandboxes make no system call they would not make otherwise; and it ends for good when
 * there is nothing to read or a sandbox says no. */
#ifndef PRELOAD_ALLOC_GOVERNOR_H
#define PRELOAD_ALLOC_GOVERNOR_H

#include "preload/alloc/history.h"
#include "preload/alloc/purge.h"

enum { GOVERNOR_START_BYTES = PURGE_WATCH_BYTES };

/* In the constructor: what is configured holds from now on, and purges are written down. `on`: and governed. */
void governor_open(struct purge_limits configured, bool on);

/* It ends for good: the process puts itself into a sandbox. What is set stays. */
void governor_end(void);

/* Called when something was written down that had better be told soon, from where it happened; or NULL. */
extern void (*governor_wrote)(void);

/* mallopt(GOVERNOR_MALLOPT_RESTORE, 0), see the manual. No libc has a parameter of this number. */
enum { GOVERNOR_MALLOPT_RESTORE = 0x6874 };

/* What was configured holds at once, and the governor starts anew from there. */
void governor_restore(void);
#endif
