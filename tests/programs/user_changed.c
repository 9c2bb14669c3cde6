/* The program becomes nobody and closes nothing: recording goes on to the end.
 * needs: root
 * expect: exit 0
 * expect: live works blocks=2 bytes=2*19
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static void works(void)
{
        for (int i = 0; i < 20000; i++)
                free(keep(malloc(16 + (size_t)i % 300)));
        keep(malloc(19));
}

int main(void)
{
        works();
        CHECK(!setgid(65534) && !setuid(65534));
        works();
        return 0;
}
