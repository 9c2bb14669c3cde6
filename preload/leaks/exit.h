/* Where the stack of a thread that ends the process still counts: at the call of exit. */
#ifndef PRELOAD_LEAKS_EXIT_H
#define PRELOAD_LEAKS_EXIT_H

#include <stdint.h>

#include "preload/leaks/stop.h"

void exit_open(void); /* in the constructor */

/* Moves `self` outward to the call of exit or quick_exit, if the calling thread is in one: what those have put on the
 * stack since, over frames of main that has returned, say, is not the program's. `frame` is
 * __builtin_frame_address(0). */
void exit_find(struct leak_self *self, const uintptr_t *frame);

#endif
