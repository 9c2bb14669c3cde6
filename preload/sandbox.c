/* A process that puts itself into a sandbox: a filter may kill it for a system call that malloc does not make
 * elsewhere, and whether it does cannot be asked. So from then on only mmap, munmap and mremap are called, as libc's
 * malloc does, and the analyzer gets its frames through the shared memory.
 *
 * Filters that were there before a program began let the loader open and read files, or it would not have come so far.
 * One that a process installs is announced here: without privileges the kernel wants PR_SET_NO_NEW_PRIVS first, and
 * libseccomp asks for it always. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/alloc/governor.h"
#include "preload/alloc/memory.h"
#include "preload/platform.h"
#include "preload/record/channel.h"

EXPORT int prctl(int option, ...)
{
        unsigned long argument[4];
        va_list arguments;

        va_start(arguments, option);
        for (unsigned i = 0; i < 4; i++)
                argument[i] = va_arg(arguments, unsigned long);
        va_end(arguments);
        if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP) {
                governor_end();
                memory_purge_never();
                channel_be_quiet();
        }
        return (int)syscall(SYS_prctl, option, argument[0], argument[1], argument[2], argument[3]);
}
