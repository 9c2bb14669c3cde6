/* The line that getline allocated is the caller's.
 * stdin: a line that is longer than the hundred and twenty bytes which libc takes for the first one, so that it grows while it is read, to more
 * expect: leak dropped<...<main class=definite blocks=1
 * expect: leak kept<...<main class=reachable blocks=1
 * expect: leak freed<...<main class=definite blocks=0
 */
#include "leaks.h"

char *volatile line_kept;

NOINLINE static char *read_line(void)
{
        char *line = NULL;
        size_t room = 0;

        rewind(stdin);
        CHECK(getline(&line, &room, stdin) > 120);
        return line;
}

NOINLINE static void dropped(void) { keep(read_line()); }
NOINLINE static void kept(void) { line_kept = read_line(); }
NOINLINE static void freed(void) { free(read_line()); }

int main(void)
{
        quiet_streams();
        dropped();
        kept();
        freed();
        scrub();
        return 0;
}
