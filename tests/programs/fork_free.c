/* The child frees 40 of the 100 blocks that it inherited and 5 of its own: the parent's 100 stay, the child's books show
 * the frees of inherited blocks apart.
 * modes: pools off sampled traced
 * expect: processes 2
 * expect: live parents in main blocks=100 bytes=100*50
 * expect: live parents in fork blocks=0 bytes=0
 * expect: total childs in fork allocations=8 frees=5
 * expect: live childs in fork blocks=3 bytes=3*60
 * expect: live childs in main blocks=0
 * expect: process fork inherited_frees=40 end_kind=exit walk_inherited_blocks>=60 frees_foreign=0
 * expect: process main inherited_frees=0
 * expect: sql SELECT child.parent = parent.id FROM process child, process parent WHERE child.kind = 'fork' AND parent.kind = 'main' => 1
 * expect: walk agrees
 */
#include "program.h"
#include <sys/wait.h>

NOINLINE static void *parents(void)
{
        return keep(malloc(50));
}

NOINLINE static void *childs(void)
{
        return keep(malloc(60));
}

int main(void)
{
        void *blocks[100], *own[8];
        int status;

        for (int i = 0; i < 100; i++)
                blocks[i] = parents();
        if (!fork()) {
                for (int i = 0; i < 40; i++)
                        free(blocks[i]);
                for (int i = 0; i < 8; i++)
                        own[i] = childs();
                for (int i = 0; i < 5; i++)
                        free(own[i]);
                exit(4);
        }
        wait(&status);
        CHECK(WEXITSTATUS(status) == 4);
        return 0;
}
