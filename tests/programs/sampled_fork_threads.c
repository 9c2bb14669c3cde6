/* With a sample of every byte all is as exact as without: fork_threads.c.
 * modes: traced
 * options: --sample=1
 * timeout: 60
 * expect: exit 0
 * expect: processes 151
 * expect: total in_child in fork allocations=150*640 frees=150*640
 * expect: live in_child in fork blocks=0
 * expect: live childs_thread in fork blocks=150 bytes=150*100
 * expect: process fork end_kind=_exit
 */
#include "fork_threads.c"
