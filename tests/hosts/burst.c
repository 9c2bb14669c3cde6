/* Holds MIB MiB in blocks of many sizes, replaced at random: what a cgroup's limit or RLIMIT_DATA must leave alone. */
#include "hosts.h"

int main(int argc, char **argv)
{
        size_t most = (size_t)(argc > 1 ? atoi(argv[1]) : 16) << 20, held = 0, next = 0;
        static char *block[1 << 16];
        static size_t size[1 << 16];
        unsigned random = 1;

        for (int i = 0; i < 200000; i++) {
                size_t place = next_random(&random) % (1 << 16), bytes = next_random(&random) % 4000 + 1;

                if (i % 1000 == 0)
                        bytes = 300000;
                while (held + bytes > most || block[place]) {
                        size_t gone = block[place] ? place : next++ % (1 << 16);

                        held -= size[gone];
                        size[gone] = 0;
                        free(block[gone]);
                        block[gone] = NULL;
                }
                CHECK((block[place] = malloc(bytes)));
                memset(block[place], 1, bytes);
                size[place] = bytes;
                held += bytes;
        }
        puts("whole");
        return 0;
}
