/* stdin, stdout and stderr are closed, and files take their places: only the program's own words are in them.
 * expect: exit 0
 * expect: live works blocks=1 bytes=19
 * expect: walk agrees
 */
#include "program.h"
#include <fcntl.h>
#include <sys/stat.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 50000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

static void at_end(void)
{
        struct stat status;

        for (int fd = 0; fd < 3; fd++)
                if (fstat(fd, &status) || status.st_size != (fd == 1 ? 5 : 0))
                        _exit(1);
}

int main(void)
{
        atexit(at_end);
        for (int fd = 0; fd < 3; fd++)
                close(fd);
        for (int fd = 0; fd < 3; fd++) {
                char name[2] = {(char)('a' + fd), 0};

                if (open(name, O_RDWR | O_CREAT, 0600) != fd)
                        _exit(2);
        }
        works();
        printf("five\n");
        fflush(stdout);
        return 0;
}
