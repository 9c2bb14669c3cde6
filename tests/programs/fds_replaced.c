/* Every descriptor from 3 to 1100 becomes the program's own pipe or file; nothing of ours arrives there.
 * expect: exit 0
 * expect: live works blocks=2 bytes=2*19
 * expect: total works allocations=60002
 * expect: walk agrees
 */
#include "program.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 30000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

int main(void)
{
        struct rlimit limit;
        struct stat status;
        int ends[2], file, waiting;
        char byte;

        CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
        if (limit.rlim_cur < 2000) {
                limit.rlim_cur = 2000;
                if (setrlimit(RLIMIT_NOFILE, &limit))
                        return 77;
        }
        works();
        CHECK(!pipe2(ends, O_NONBLOCK));
        CHECK((file = open("mine", O_RDWR | O_CREAT, 0600)) >= 0);
        for (int fd = 3; fd < 1100; fd++)
                if (fd != ends[0] && fd != ends[1] && fd != file)
                        CHECK(dup2(fd & 1 ? ends[1] : file, fd) == fd);
        works();
        errno = 0;
        waiting = (int)read(ends[0], &byte, 1);
        CHECK(waiting == -1 && errno == EAGAIN);
        CHECK(!fstat(file, &status) && status.st_size == 0);
        return 0;
}
