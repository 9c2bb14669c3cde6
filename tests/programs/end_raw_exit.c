/* The bare system call exit_group, which no library sees: still nothing is lost.
 * expect: exit 9
 * expect: live holds blocks=300 bytes=300*100
 */
#include "program.h"
#include <sys/syscall.h>

NOINLINE static void holds(void)
{
        keep(malloc(100));
}

int main(void)
{
        for (int i = 0; i < 300; i++)
                holds();
        syscall(SYS_exit_group, 9);
        return 1;
}
