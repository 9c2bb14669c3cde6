/* The program leaves its directory and removes it: the profile is still found where it was asked for.
 * expect: exit 0
 * expect: live works blocks=5 bytes=5*19
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

int main(void)
{
        CHECK(!mkdir("below", 0700) && !chdir("below"));
        works();
        CHECK(!rmdir("../below"));
        works();
        CHECK(!chdir("/"));
        for (int i = 0; i < 3; i++)
                works();
        return 0;
}
