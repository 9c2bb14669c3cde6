/* The same filter, but all other system calls kill: neither work nor the end of the program may make one.
 * modes: pools off sampled traced
 * expect: exit 0
 * expect: process main end_kind=exit
 * expect: walk agrees
 * expect: live before blocks=5 bytes=5*19
 */
#define OTHERWISE SECCOMP_RET_KILL_PROCESS
#include "sandbox.c"
