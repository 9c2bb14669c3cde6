/* The program executes itself twice. Without --follow only the first image is recorded; what it held stays known.
 * modes: off traced
 * expect: exit 5
 * expect: processes 1
 * expect: live before_exec blocks=7 bytes=7*30
 * expect: process main end_kind=killed
 */
#include "program.h"

NOINLINE static void before_exec(int number)
{
        for (int i = 0; i < 7 + number; i++)
                keep(malloc(30));
}

int main(int argc, char **argv)
{
        int number = argc > 1 ? atoi(argv[1]) : 0;
        char next[10];

        before_exec(number);
        printf("image %d, preload %s\n", number, getenv("LD_PRELOAD") ? "yes" : "no");
        fflush(stdout);
        if (number == 2)
                return 5;
        snprintf(next, sizeof next, "%d", number + 1);
        execl("/proc/self/exe", argv[0], next, NULL);
        return 1;
}
