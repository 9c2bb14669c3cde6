/* Stopping the other threads by ptrace, as LeakSanitizer does: no system call of theirs ends with EINTR by a handler,
 * and a thread that blocks our signal is stopped too; but it must be permitted (Yama, seccomp, a debugger that is there
 * already).
 *
 * The tracer is a process of its own that shares all memory, since no thread may trace another of its process. It is
 * made by a raw clone without a signal at its end, and is waited for before the scan is over. Vector registers are not
 * read. */
#ifndef PRELOAD_LEAKS_TRACER_H
#define PRELOAD_LEAKS_TRACER_H

#include "preload/leaks/stop.h"

/* Adds threads that are not listed yet; how many, negative: it could not look. */
typedef long tracer_list(struct leak_stop *stop, int task);

/* `task` is a descriptor of /proc/self/task. False: it is not permitted; then nobody is stopped. */
bool tracer_stop(struct leak_stop *stop, int task, tracer_list *list);
void tracer_release(void);

#endif
