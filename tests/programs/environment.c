/* The program prints its environment and its arguments: they are the ones it would have without us.
 * env: SOME_VARIABLE=a value
 * run: one two
 * modes: off traced
 * expect: exit 0
 * expect: live main blocks>=1
 * expect: walk agrees
 */
#include "program.h"

static int order(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
        extern char **environ;
        int count = 0;

        keep(malloc(3));
        for (int i = 1; i < argc; i++)
                puts(argv[i]);
        while (environ[count])
                count++;
        qsort(environ, (size_t)count, sizeof *environ, order);
        for (int i = 0; i < count; i++)
                puts(environ[i]);
        printf("LD_PRELOAD %s\n", getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "is not set");
        return 0;
}
