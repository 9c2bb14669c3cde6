/* libunwind, loaded on request only and never linked: linked, it would take over the C++ exceptions of the program. */
#ifndef PRELOAD_RECORD_UNWIND_SLOW_H
#define PRELOAD_RECORD_UNWIND_SLOW_H

#include <stdbool.h>
#include <stddef.h>

bool unwind_slow_open(void); /* in the constructor; false: libunwind.so.8 is not there */

/* Return addresses of the calling thread, innermost first, own frames included. Takes libunwind's locks, and makes
 * system calls for each new pc. */
int unwind_slow_backtrace(void **ret_address, int address_max);

/* The same step by step, without the cache of frames that unw_backtrace never clears, and on `stack`, so that little of
 * the caller's is used: for small stacks, for handlers that interrupted unw_backtrace, and to hear it a second time. */
enum { UNWIND_SLOW_STACK_BYTES = 64 * 1024 };
int unwind_slow_steps(void **ret_address, int address_max, void *stack);

void unwind_slow_forget(void); /* what it has cached about modules; it keeps some of it all the same */

#endif
