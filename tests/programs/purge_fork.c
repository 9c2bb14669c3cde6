/* Parent and child each give back what they freed themselves, and each tells its own history. A block takes two slices.
 * expect: exit 0
 * expect: processes 2
 * expect: sql SELECT count(*) FROM purge_limit WHERE why = 'configured' => 2
 * expect: sql SELECT group_concat(kind || (bytes BETWEEN low AND low + 2000000), ' ') FROM (SELECT kind, sum(bytes) AS bytes,
 *     iif(kind = 'main', 26214400, 52428800) AS low FROM purge JOIN process ON process.id = process WHERE why = 'trim'
 *     GROUP BY process ORDER BY process) => main1 fork1
 */
#include "program.h"
#include <sys/wait.h>

NOINLINE static void trims(int blocks)
{
        static void *block[400];

        for (int i = 0; i < blocks; i++)
                memset(block[i] = malloc(100000), 1, 100000);
        for (int i = 0; i < blocks; i++)
                free(block[i]);
        CHECK(malloc_trim(0) == 1);
}

int main(void)
{
        int status;
        pid_t child;

        trims(200);
        child = fork();
        if (!child) {
                trims(400);
                return 0;
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        return 0;
}
