/* The program's own handler of SIGABRT runs, finds a heap that works, and may leave: recording is over, the program is not.
 * options: --on-error=abort
 * compare: nothing
 * modes: traced
 * expect: exit 0
 * expect: error foreign main place=stack
 * expect: process main end_kind=error
 */
#include "program.h"
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;

static void on_abort(int signal)
{
        free(keep(malloc(100)));
        siglongjmp(back, signal);
}

int main(void)
{
        char on_stack[64];

        signal(SIGABRT, on_abort);
        if (sigsetjmp(back, 1) == 0) {
                free(keep(on_stack));
                return 1;
        }
        for (int i = 0; i < 1000; i++)
                free(keep(malloc(100)));
        return 0;
}
