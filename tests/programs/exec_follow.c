/* The program executes itself twice under --follow: three images of one pid, each with its own heap.
 * options: --follow
 * expect: exit 5
 * expect: processes 3
 * expect: live before_exec in main blocks=7 bytes=7*30
 * expect: live before_exec in exec blocks=8+9 bytes=17*30
 * expect: sql SELECT count(DISTINCT pid) FROM process => 1
 * expect: sql SELECT count(*) FROM process WHERE end_kind = 'exit' AND walk = 'agrees' => 1
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
        printf("image %d\n", number);
        fflush(stdout);
        if (number == 2)
                return 5;
        snprintf(next, sizeof next, "%d", number + 1);
        execl("/proc/self/exe", argv[0], next, NULL);
        return 1;
}
