/* The program overwrites its arguments and its environment, as servers do to show a title, clears it, sets it anew, and
 * executes nothing: recording goes on, and later files and forks work.
 * expect: exit 0
 * expect: live works in main blocks=2 bytes=2*19
 * expect: live works in fork blocks=1 bytes=19
 * expect: walk agrees
 */
#include "program.h"
#include <sys/wait.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 20000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

int main(int argc, char **argv)
{
        extern char **environ;
        char *start = argv[0], *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
        int status;

        for (char **entry = environ; *entry; entry++)
                if (*entry == end)
                        end += strlen(*entry) + 1;
        CHECK(end > start);
        memset(start, 'x', (size_t)(end - start));
        end[-1] = 0;
        environ = NULL;
        works();
        clearenv();
        CHECK(!setenv("NEW", "one", 1) && !strcmp(getenv("NEW"), "one"));
        close_range(3, ~0u, 0);
        works();
        if (!fork()) {
                works();
                exit(0);
        }
        wait(&status);
        return status;
}
