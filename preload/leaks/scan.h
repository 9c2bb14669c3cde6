/* The scan for leaks: every block of the pools is marked that can be reached from the roots, the rest is lost, and who
 * has lost it is told to the analyzer.
 *
 * Nobody may change the program's memory while it goes on: either the program is ending and other threads are stopped,
 * or the caller is a child that shares nothing. It takes no lock, uses nothing of libc but string.h, and its memory
 * comes from the kernel and goes back to it. */
#ifndef PRELOAD_LEAKS_SCAN_H
#define PRELOAD_LEAKS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/leaks/root.h"
#include "preload/record/recorder.h"

enum { LEAK_CLASSES = 4 };

struct leak_scan_info {
        uint32_t number;   /* of the scans of this process, from 1 on */
        uint32_t why;      /* an enum wire_scan_why */
        uint32_t flags;    /* of struct wire_leak_scan, as far as the caller knows them */
        bool who;          /* tell for each site of reachable blocks who points at one of them */
        uint64_t time_ns;  /* CLOCK_MONOTONIC, when the program stood still */
        uint64_t pause_ns; /* how long it did */
};

/* By enum wire_leak_class. */
struct leak_sum {
        uint64_t blocks[LEAK_CLASSES], bytes[LEAK_CLASSES];
};

/* Scans, and sends rows and sum through the recorder, which has begun. ret_sum is all zero if there was no memory. */
void leaks_scan(struct recorder *recorder, const struct leak_roots *roots, const struct leak_scan_info *info,
                struct leak_sum *ret_sum);

#endif
