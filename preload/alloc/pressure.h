/* How short memory is: limit and use of the memory cgroups, of the address space, of the machine, and how long tasks
 * waited for memory.
 *
 * Everything is read by plain system calls from files that are opened and closed on the spot, so that nothing of ours
 * is ever left among the program's descriptors. One caller at a time; errno is changed. */
#ifndef PRELOAD_ALLOC_PRESSURE_H
#define PRELOAD_ALLOC_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pressure_source {
        PRESSURE_NONE, /* no limit is known */
        PRESSURE_CGROUP,
        PRESSURE_ADDRESS_SPACE, /* RLIMIT_AS */
        PRESSURE_DATA,          /* RLIMIT_DATA */
        PRESSURE_MACHINE,
};

struct pressure {
        enum pressure_source source;   /* the limit that is nearest, by share */
        uint64_t used, limit;          /* bytes of it */
        unsigned stalled, stalled_all; /* of the last 10 s, some task and all tasks waited: hundredths of a percent */
};

/* Where the kernel's files are looked for: a directory that has proc and sys in it. "" at first. Copied. */
void pressure_root(const char *root);

enum pressure_status {
        PRESSURE_READ,
        PRESSURE_LATER, /* no descriptor or no memory was to be had just then */
        PRESSURE_NEVER, /* there is nothing to read, or a sandbox said no: not to be tried again */
};
enum pressure_status pressure_read(struct pressure *ret_pressure);
#endif
