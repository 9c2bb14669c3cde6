/* A chain of four generations and twenty brothers; each leaks as many blocks as its number.
 * modes: pools off sampled traced
 * expect: processes 24
 * expect: live generation blocks=1+2+3
 * expect: live brother blocks=210
 * expect: sql SELECT count(*) FROM process WHERE kind = 'fork' AND walk = 'agrees' AND end_kind IN ('exit', '_exit') => 23
 * expect: sql WITH RECURSIVE line (id, depth) AS (SELECT id, 0 FROM process WHERE parent IS NULL UNION ALL
 *         SELECT process.id, depth + 1 FROM process JOIN line ON process.parent = line.id) SELECT max(depth) FROM line => 3
 * expect: walk agrees
 */
#include "program.h"
#include <sys/wait.h>

NOINLINE static void generation(int number)
{
        int status;

        for (int i = 0; i < number; i++)
                keep(malloc(31));
        if (number == 3)
                return;
        if (!fork()) {
                generation(number + 1);
                exit(0);
        }
        wait(&status);
        CHECK(status == 0);
}

NOINLINE static void brother(int number)
{
        for (int i = 0; i < number; i++)
                keep(malloc(32));
}

int main(void)
{
        generation(0);
        for (int i = 1; i <= 20; i++)
                if (!fork()) {
                        brother(i);
                        exit(0);
                }
        while (wait(NULL) > 0)
                ;
        return 0;
}
