/* After chroot into an empty directory, and as nobody, with all descriptors closed: the program goes on, and
 * nothing is lost: what the pipe cannot take is handed over in the shared memory.
 * needs: root
 * expect: exit 0
 * expect: live before blocks=5 bytes=5*19
 * expect: live works blocks=2 bytes=2*19
 * expect: total works allocations=2*5001 frees=2*5000
 * expect: process main end_kind=exit
 * expect: walk agrees
 */
#include "program.h"
#include <sys/stat.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 5000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

NOINLINE static void before(void)
{
        keep(malloc(19));
}

int main(void)
{
        for (int i = 0; i < 5; i++)
                before();
        CHECK(!mkdir("jail", 0755));
        if (chroot("jail"))
                return 77;
        CHECK(!chdir("/"));
        CHECK(!setgid(65534) && !setuid(65534));
        works();
        close_range(3, ~0u, 0);
        works();
        puts("out of sight");
        return 0;
}
