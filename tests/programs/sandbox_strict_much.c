/* The filter kills for every system call that glibc's malloc does not need, and the program has much free memory for so
 * long that it would be purged, and that the governor would look how short memory is: neither may happen.
 * expect: exit 0
 * expect: process main end_kind=exit
 * expect: walk agrees
 */
#include <time.h>
#define OTHERWISE SECCOMP_RET_KILL_PROCESS
#define WORK_MORE                                                                                                      \
        struct timespec now, end;                                                                                      \
        clock_gettime(CLOCK_MONOTONIC, &end); /* the vDSO makes no system call */                                      \
        end.tv_sec += 2;                                                                                               \
        do {                                                                                                           \
                static void *block[600];                                                                               \
                for (int i = 0; i < 600; i++)                                                                          \
                        memset(block[i] = malloc(100000), 1, 100000);                                                  \
                for (int i = 0; i < 600; i++)                                                                          \
                        free(block[i]);                                                                                \
                for (int i = 0; i < 20000; i++)                                                                        \
                        free(keep(malloc(50)));                                                                        \
                clock_gettime(CLOCK_MONOTONIC, &now);                                                                  \
        } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
#include "sandbox.c"
