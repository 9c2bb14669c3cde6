/* A thousand blocks that a function fills and drops are lost, the last one too.
 * expect: leak dropped class=definite blocks=1000 bytes=1000*48
 */
#include "leaks.h"

NOINLINE static void dropped(int i)
{
        char *block = malloc(48);

        memset(keep(block), i, 48);
}

int main(void)
{
        for (int i = 0; i < 1000; i++)
                dropped(i);
        scrub();
        return 0;
}
