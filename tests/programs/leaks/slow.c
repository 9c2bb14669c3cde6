/* A leak of a kilobyte a second in a program that allocates and frees as fast as it can comes first among the leaks, and before all
 * that is alive. An argument says for how many seconds.
 * run: 3
 * expect: leak slowly class=definite blocks=30 bytes=30*100
 */
#include "leaks.h"

#define KEPT 1000

void *volatile blocks[KEPT];

NOINLINE static void slowly(void) { keep(malloc(100)); }

NOINLINE static void quickly(uint32_t number)
{
        void *volatile *place = &blocks[number % KEPT];

        free(*place);
        *place = malloc(16 + number % 500);
}

int main(int argc, char **argv)
{
        uint64_t begin = now_ns();
        long leaks = (argc > 1 ? atol(argv[1]) : 60) * 10;
        uint32_t number = 1;

        for (long done = 0; done < leaks;) {
                for (int i = 0; i < 1000; i++)
                        quickly(number = number * 1664525 + 1013904223);
                if (now_ns() - begin >= (uint64_t)done * 100000000) {
                        SCRUBBED(slowly());
                        done++;
                }
        }
        return 0;
}
