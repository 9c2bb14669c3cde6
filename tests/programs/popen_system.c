/* popen and system run other programs in between; their output arrives whole.
 * expect: exit 0
 * expect: processes 1
 * expect: live reads blocks=1
 * expect: total reads allocations>=3
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void reads(void)
{
        FILE *file = popen("seq 1 2000; echo $LD_PRELOAD", "r");
        char *line = NULL;
        size_t room = 0;
        long sum = 0;

        while (getline(&line, &room, file) > 0)
                sum += atol(line);
        printf("sum %ld, status %d\n", sum, pclose(file));
}

int main(void)
{
        quiet_streams();
        reads();
        fflush(stdout);
        printf("system: %d\n", system("echo from the shell; exit 3"));
        fflush(stdout);
        FILE *file = popen("cat", "w");
        fputs("through a pipe\n", file);
        pclose(file);
        return 0;
}
