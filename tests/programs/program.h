/* What the programs share: marks for functions that must keep a frame of their own, and a loud check. */
#ifndef PROGRAM_H
#define PROGRAM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone, used))
#define UNUSED __attribute__((unused))

/* Fails the program, in words that the native run would print as well. */
#define CHECK(condition)                                                                                   \
        do {                                                                                               \
                if (!(condition)) {                                                                        \
                        dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                 \
                        _exit(9);                                                                          \
                }                                                                                          \
        } while (0)

/* The compiler may neither drop the block nor know what is in it. */
static inline void *keep(void *block)
{
        __asm__ volatile("" : "+r"(block) : : "memory");
        return block;
}

/* Standard input and output without a block of libc's on the heap. */
static inline void quiet_streams(void)
{
        static char in[4096], out[4096];

        setvbuf(stdin, in, _IOFBF, sizeof in);
        setvbuf(stdout, out, _IOFBF, sizeof out);
}

static inline uint64_t now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void sleep_ms(long ms)
{
        struct timespec t = {ms / 1000, ms % 1000 * 1000000};

        while (nanosleep(&t, &t) && errno == EINTR)
                ;
}

#endif
