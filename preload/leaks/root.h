/* Roots of a scan for leaks: the memory from which the program can reach a block without going through another one. */
#ifndef PRELOAD_LEAKS_ROOT_H
#define PRELOAD_LEAKS_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum leak_root_kind {
        LEAK_ROOT_DATA,      /* of a module, or what the program has registered */
        LEAK_ROOT_STACK,     /* of the thread `tid`, from its stack pointer outward */
        LEAK_ROOT_REGISTERS, /* of the thread `tid`: a copy in memory of ours */
        LEAK_ROOT_TLS,       /* of the thread `tid` */
        LEAK_ROOT_MAPPING,   /* any other mapping of the program's own */
        LEAK_ROOT_KEPT,      /* words of ours: what they point to is reached, but what it holds does not count */
        LEAK_ROOT_HOLE,      /* no root: memory of the pools that cannot be read; these by rising address */
};

/* All words at multiples of eight that lie wholly in it are looked at; it is readable all through (a hole is neither).
 */
struct leak_root {
        uintptr_t start, end;
        uint32_t kind; /* an enum leak_root_kind */
        uint32_t tid;  /* of a stack, registers or TLS; else 0 */
};

struct leak_roots {
        struct leak_root *root;
        size_t count, max;
        uint32_t threads;        /* that there were */
        uint32_t threads_silent; /* of them those whose registers are unknown: their stacks are there as a whole */
        bool incomplete;         /* no memory for all of them, or something could not be found out */
};

#endif
