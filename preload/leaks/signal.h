/* Our signal: its handler, and sending it to one thread.
 *
 * It is SIGURG if the program has not set anything for that, since it does nothing where it is not expected: a thread
 * may get it late, when the program has reset all handlers, or has executed another program. There a real-time signal,
 * which is taken next, ends the process. (Go's runtime asks its threads by SIGURG for the same reason.) */
#ifndef PRELOAD_LEAKS_SIGNAL_H
#define PRELOAD_LEAKS_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Called in the handler, or without a context by a thread that was in sigwait; `value` is what the sender said. False:
 * it does not know it, so the signal is not ours. */
typedef bool signal_taker(uintptr_t value, ucontext_t *context);

void signal_prefer(int signal, signal_taker *take); /* 0: any that is free */

/* The number of a signal whose handler is ours now; 0: there is none. A signal that the program has set anything for is
 * the program's, for good. */
int signal_ready(void);
bool signal_is_ours(void); /* the one that signal_ready gave last still is */

/* For whoever has got a signal in sigwait: acts on it if it was ours. */
bool signal_is_for_us(const siginfo_t *info);

bool signal_send(uint32_t tid, uintptr_t value); /* false: there is no such thread, or no room in the queue */

/* All signals, of the calling thread. */
uint64_t signal_block_all(void);
void signal_restore(uint64_t mask);

enum signal_way {
        SIGNAL_COMES,   /* the thread would take it */
        SIGNAL_BLOCKED, /* it would find it later */
        SIGNAL_NOBODY,  /* the thread has ended */
};
/* `task` is a descriptor of /proc/self/task, `buffer` has 4096 bytes. */
enum signal_way signal_way_of(int task, uint32_t tid, char *buffer);

#endif
