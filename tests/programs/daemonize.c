/* A daemon: forks twice, starts a session, goes to / and closes everything; its heap is recorded to its end, and the
 * first process ends at once.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: processes 3
 * expect: live starter in main blocks=1 bytes=10
 * expect: live daemon_work in fork blocks=1000 bytes=1000*25
 * expect: total daemon_work in fork allocations=51000
 * expect: sql SELECT count(*) FROM process WHERE end_kind IN ('exit', '_exit') => 3
 */
#include "program.h"
#include <fcntl.h>

NOINLINE static void starter(void)
{
        keep(malloc(10));
}

NOINLINE static void daemon_work(void)
{
        for (int i = 0; i < 50000; i++)
                free(keep(malloc(35)));
        for (int i = 0; i < 1000; i++)
                keep(malloc(25));
}

int main(void)
{
        starter();
        if (fork())
                return 0;
        setsid();
        if (fork())
                _exit(0);
        CHECK(chdir("/") == 0);
        for (int fd = 0; fd < 4096; fd++)
                close(fd);
        CHECK(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
        sleep_ms(200);
        daemon_work();
        return 0;
}
