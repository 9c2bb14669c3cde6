/* RLIMIT_NOFILE of 10: the program can open what it could open without us, and recording goes on.
 * expect: exit 0
 * expect: live works blocks=2 bytes=2*19
 * expect: walk agrees
 */
#include "program.h"
#include <fcntl.h>
#include <sys/resource.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 20000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

int main(void)
{
        struct rlimit limit = {10, 10};
        int count = 0;

        CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
        works();
        while (open("/dev/null", O_RDONLY) >= 0)
                count++;
        printf("opened %d: %s\n", count, strerror(errno));
        works();
        return 0;
}
