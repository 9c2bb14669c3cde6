/* A thread for the time of a stop: it is cheaper for whoever comes by to make one than to stop the others itself and
 * then to wait until all they have missed meanwhile has been made up for, as a fair scheduler sees to.
 *
 * It gets no signals, and has a stack and thread-local storage of its own: what belongs to a thread of the program may
 * be gone at any moment. libc does not know it. One at a time in a process. */
#ifndef PRELOAD_LEAKS_HELPER_H
#define PRELOAD_LEAKS_HELPER_H

#include <stdbool.h>

/* Begins `run` in it; that ends by helper_end, and must not return. False: there is no memory, or the process has but
 * one thread, which can do things that a process of several cannot, or the program has too much thread-local storage.
 */
bool helper_begin(int (*run)(void *context), void *context);
__attribute__((noreturn)) void helper_end(void);

bool helper_runs(void);       /* still; until it does not, its stack is in use */
void helper_after_fork(void); /* in a forked child, which has none */

#endif
