/* Each forked child samples for itself: eighty of them together are as right as one that does it all, and none samples what
 * its siblings do. What they inherit is not theirs.
 * modes: traced
 * options: --sample=4K
 * expect: processes 81
 * expect: total child in fork allocations=80*500~22%
 * expect: live before in fork blocks=0
 * expect: live before in main blocks=2000~50%
 * expect: walk agrees
 * expect: sql SELECT count(DISTINCT allocations) > 10 FROM process WHERE kind = 'fork' => 1
 * expect: sql SELECT sum(allocations <> counted_allocations OR frees <> counted_frees) FROM process_sample => 0
 */
#include "program.h"
#include <sys/wait.h>
#include <unistd.h>

static void *blocks[2000];

NOINLINE static void before(void)
{
        for (int i = 0; i < 2000; i++)
                blocks[i] = malloc(80);
}

NOINLINE static void child(void)
{
        for (int i = 0; i < 500; i++)
                free(malloc(100));
        for (int i = 0; i < 1000; i++)
                free(blocks[i]);
}

int main(void)
{
        before();
        for (int i = 0; i < 80; i++) {
                pid_t pid = fork();

                CHECK(pid >= 0);
                if (pid == 0) {
                        child();
                        exit(0);
                }
                CHECK(waitpid(pid, NULL, 0) == pid);
        }
        return 0;
}
