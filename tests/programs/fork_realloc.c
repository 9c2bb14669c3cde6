/* The child resizes inherited blocks, in place and by moving: they become the child's own, of the caller of realloc.
 * expect: processes 2
 * expect: live grown in fork blocks=10 bytes=10*100000
 * expect: live shrunk in fork blocks=10 bytes=10*90
 * expect: live parents in main blocks=20 bytes=20*100
 * expect: live parents in fork blocks=0 bytes=0
 * expect: process fork inherited_frees=20
 * expect: walk agrees
 */
#include "program.h"
#include <sys/wait.h>

NOINLINE static void *parents(void)
{
        return memset(keep(malloc(100)), 'p', 100);
}

NOINLINE static char *grown(void *block)
{
        return realloc(block, 100000);
}

NOINLINE static char *shrunk(void *block)
{
        return realloc(block, 90);
}

int main(void)
{
        void *blocks[20];
        int status;

        for (int i = 0; i < 20; i++)
                blocks[i] = parents();
        if (!fork()) {
                for (int i = 0; i < 20; i++) {
                        char *block = i < 10 ? grown(blocks[i]) : shrunk(blocks[i]);

                        CHECK(block[0] == 'p' && block[89] == 'p');
                }
                exit(0);
        }
        wait(&status);
        CHECK(status == 0);
        return 0;
}
