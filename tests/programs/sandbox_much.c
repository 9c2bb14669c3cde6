/* A seccomp filter answers EPERM to all that glibc's malloc does not need. The program keeps enough free memory for the
 * governor to look how short memory is: it may not, and ends it, and nothing else changes.
 * expect: exit 0
 * expect: process main end_kind=exit
 * expect: walk agrees
 * expect: sql SELECT count(*) FROM purge_limit WHERE why <> 'configured' => 0
 */
#define WORK_MORE                                                                                                      \
        for (int round = 0; round < 3; round++) {                                                                      \
                static void *block[600];                                                                               \
                for (int i = 0; i < 600; i++)                                                                          \
                        memset(block[i] = malloc(100000), 1, 100000);                                                  \
                for (int i = 0; i < 600; i++)                                                                          \
                        free(block[i]);                                                                                \
        }
#include "sandbox.c"
