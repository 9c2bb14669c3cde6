/* When scans for leaks are made, and how: at exit in place, and of a running program in a child that nobody notices.
 *
 * Of a running program: the other threads are stopped, the process is copied by a raw clone, the threads go on, and the
 * child scans. It is made without SIGCHLD, so that the program's own waiting never finds it, and is waited for by us
 * (with __WCLONE) from the program's threads; until then it is a zombie, one at most. It gets no signals, closes what
 * descriptors it has inherited, and leaves by exit_group. */
#ifndef PRELOAD_LEAKS_LEAKS_H
#define PRELOAD_LEAKS_LEAKS_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/leaks/scan.h"
#include "preload/leaks/stop.h"

struct leaks_options {
        bool by_ptrace, who;
        int signal;        /* 0: any that is free */
        unsigned every_ms; /* between scans of the running program; 0: none */
};

/* In the constructor of a process that records every block. */
void leaks_open(const struct leaks_options *options);

/* For recorder_options.due and block_due: whether a scan is due, and making it. */
bool leaks_due(uint64_t now_ns);
void leaks_follow(void);

/* A scan that the caller waits for: in place while the program's other threads stand still, or in a child if not all of
 * them could be stopped. False: it could not be made. */
bool leaks_now(struct recorder *recorder, enum wire_scan_why why, const struct leak_self *self,
               struct leak_sum *ret_sum);

/* Whatever still goes on is brought to an end. Then leaks_now may be called. */
void leaks_end(void);

/* In a forked child. */
void leaks_after_fork(void);

#endif
