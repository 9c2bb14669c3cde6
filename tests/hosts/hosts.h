/* What the programs of this directory share. Each is run with glibc's malloc first, and says nothing but what every run
 * must say; how much it does is its first argument. */
#ifndef HOSTS_H
#define HOSTS_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
        do {                                                                                                           \
                if (!(condition)) {                                                                                    \
                        dprintf(2, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);           \
                        _exit(9);                                                                                      \
                }                                                                                                      \
        } while (0)

static inline unsigned next_random(unsigned *random)
{
        *random = *random * 1664525 + 1013904223;
        return *random >> 8;
}

/* The compiler may neither drop the block nor know what is in it. */
static inline void *keep(void *block)
{
        __asm__ volatile("" : "+r"(block) : : "memory");
        return block;
}

static inline long resident_kib(void)
{
        char text[4096];
        FILE *file = fopen("/proc/self/statm", "r");
        long pages = -1;

        CHECK(file && fgets(text, sizeof text, file) && sscanf(text, "%*d %ld", &pages) == 1);
        fclose(file);
        return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline int is_preloaded(void)
{
        char line[1024];
        FILE *file = fopen("/proc/self/maps", "r");
        int found = 0;

        while (file && fgets(line, sizeof line, file))
                found |= strstr(line, "libheaptap.so") != NULL;
        if (file)
                fclose(file);
        return found;
}
#endif
