/* Standard input belongs to the program, every byte of it.
 * stdin: first line
 * stdin: second line
 * expect: exit 2
 * expect: live reads blocks=1
 * expect: walk agrees
 */
#include "program.h"

NOINLINE static int reads(void)
{
        char *line = NULL;
        size_t room = 0;
        int count = 0;

        while (getline(&line, &room, stdin) > 0) {
                printf("%d: %s", ++count, line);
                keep(line);
        }
        return count;
}

int main(void)
{
        quiet_streams();
        return reads();
}
