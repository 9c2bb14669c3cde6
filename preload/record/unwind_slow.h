/* libunwind, loaded on request only and never linked: linked, it would take over the C++ exceptions of the program. */
#ifndef PRELOAD_RECORD_UNWIND_SLOW_H
#define PRELOAD_RECORD_UNWIND_SLOW_H

#include <stdbool.h>

bool unwind_slow_open(void); /* in the constructor; false: libunwind.so.8 is not there */

/* Return addresses of the calling thread, innermost first, own frames included. Takes libunwind's locks, and makes
 * system calls for each new pc. */
int unwind_slow_backtrace(void **ret_address, int address_max);

#endif
