/* The threads that the C library knows, with what it holds of them: running, ended and not yet joined, and the stacks
 * of ended ones that it keeps for the next.
 *
 * They are found as libthread_db finds them (glibc's nptl_db): the C library describes its lists of stacks and its
 * struct pthread in symbols of its own, _thread_db_*. Pushing to those lists and taking out of them writes the links in
 * an order that lets a reader go along at any time (sysdeps/nptl/../include/list.h), so they may be read while the
 * thread that changes them stands still. */
#ifndef PRELOAD_LEAKS_PTHREADS_H
#define PRELOAD_LEAKS_PTHREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pthread_state {
        PTHREAD_RUNS,
        PTHREAD_RESTS,  /* not started yet, or ended and to be joined: its struct pthread holds what is passed on */
        PTHREAD_CACHED, /* its stack is kept for another thread: nothing in it counts */
};

struct pthread {
        enum pthread_state state;
        uint32_t tid;         /* of one that runs */
        bool own_stack;       /* the C library has mapped its stack */
        uintptr_t start, end; /* of the struct */
        uintptr_t stack_start,
                stack_end; /* its stack, at whose end the struct lies; 0: not known, as the main thread's */
        uintptr_t dtv;     /* where the block of its table of dynamic TLS begins; 0: it has none */
        uintptr_t tls;     /* where its static TLS begins, below the struct; 0: not known */
};

/* In the constructor. False: this C library does not say where they are. */
bool pthreads_open(void);

/* Writes up to `max` of them, and returns how many there are; 0: not known. */
size_t pthreads_list(struct pthread *ret_pthread, size_t max);

#endif
