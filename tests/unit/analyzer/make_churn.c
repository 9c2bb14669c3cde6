/* A program to be traced for long, whose live heap stays as it is: `make_churn BLOCKS` replaces blocks of a thousand at
 * random, from a few hundred stacks, and prints fifty times how much of it is resident, in KiB. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIVE = 1000, LOOKS = 50, DEPTH = 8 };

static void *volatile block[LIVE];

/* One of 2^DEPTH stacks. */
static __attribute__((noinline)) void replace(unsigned slot, unsigned way, size_t size)
{
        if (way == 1) {
                free(block[slot]);
                block[slot] = malloc(size);
        } else if (way & 1) {
                replace(slot, way >> 1, size);
        } else {
                replace(slot, way >> 1, size);
        }
        __asm__ volatile(""); /* no tail calls */
}

static long resident_kib(void)
{
        char text[100] = "";
        int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

        if (file >= 0 && read(file, text, sizeof text - 1) > 0)
                strtok(text, " ");
        close(file);
        return atol(text + strlen(text) + 1) * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
        unsigned long blocks = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000, random = 1;

        for (unsigned long i = 0; i < blocks; i++) {
                random = random * 6364136223846793005 + 1442695040888963407;
                replace((unsigned)(random >> 40) % LIVE, 1 << DEPTH | ((unsigned)(random >> 50) & ((1 << DEPTH) - 1)),
                        16 + (random >> 33) % 500);
                if (i % (blocks / LOOKS + 1) == 0)
                        printf("%ld\n", resident_kib());
        }
        return 0;
}
