/* What the benchmark programs share: a repeatable random number, sizes as programs ask for them, a checked malloc. */
#ifndef BENCH_H
#define BENCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline uint64_t bench_random(uint64_t *state)
{
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* Small blocks are the common ones: each doubling up to 2^shift_max is half as likely as the one below. */
static inline size_t bench_size(uint64_t *state, unsigned shift_max)
{
        uint64_t bits = bench_random(state);
        unsigned shift = 4 + (unsigned)__builtin_ctzll((bits >> 40) | (UINT64_C(1) << (shift_max - 4)));

        return ((size_t)1 << shift) / 2 + (bits & (((size_t)1 << shift) - 1)) / 2 + 1;
}

/* The first and the last byte are written, as a program would that asked for the block. */
static inline char *bench_touch(void *block, size_t size)
{
        char *bytes = (char *)block; /* the cast is for C++ */

        if (!bytes) {
                fputs("bench: out of memory\n", stderr);
                exit(1);
        }
        bytes[0] = (char)size;
        bytes[size - 1] = (char)(size >> 8);
        return bytes;
}

/* The rounds to run: the first argument, or what takes a third of a second with glibc. */
static inline long bench_rounds(int argc, char **argv, long rounds)
{
        return argc > 1 ? atol(argv[1]) : rounds;
}

/* How many threads, pairs or lines of them: the first argument. */
static inline int bench_threads(int argc, char **argv, int threads, int threads_max)
{
        int wanted = argc > 1 ? atoi(argv[1]) : threads;

        return wanted < 1 || wanted > threads_max ? threads_max : wanted;
}

/* The rounds of each of them: all together do the second argument, or `rounds`; one alone, on one processor, half. */
static inline long bench_shared_rounds(int argc, char **argv, long rounds, int threads)
{
        if (argc > 2)
                return atol(argv[2]) / threads;
        return threads == 1 ? rounds / 2 : rounds / threads;
}

/* Resident memory in KiB, without a call of malloc. */
static inline long bench_rss(void)
{
        char text[100] = "";
        long pages = 0;
        int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

        if (file >= 0 && read(file, text, sizeof text - 1) > 0)
                pages = atol(strchr(text, ' '));
        close(file);
        return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

#endif
