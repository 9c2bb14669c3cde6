/* The program closes every descriptor, opens as many as its limit allows, and works on: the pipe cannot be opened again, and
 * nothing is lost.
 * expect: exit 0
 * expect: total works allocations=2*30000+2 frees=2*30000
 * expect: live works blocks=2 bytes=2*19
 * expect: walk agrees
 */
#include "program.h"
#include <fcntl.h>
#include <sys/resource.h>

NOINLINE static void works(void)
{
        for (int i = 0; i < 30000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

int main(void)
{
        struct rlimit limit = {20, 20};
        int count = 0;

        CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
        works();
        closefrom(3);
        while (open("/dev/null", O_RDONLY) >= 0)
                count++;
        printf("opened %d\n", count);
        works();
        return 0;
}
