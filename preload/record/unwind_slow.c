/* The door to libunwind. */
#include "preload/record/unwind_slow.h"

#include <dlfcn.h>
#include <stddef.h>

typedef int backtrace_function(void **buffer, int size);

static backtrace_function *backtrace_libunwind;

bool unwind_slow_open(void)
{
        /* Local, so that its _Unwind_ functions stay out of the program's way. */
        void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

        if (!library)
                return false;
        backtrace_libunwind = (backtrace_function *)dlsym(library, "unw_backtrace");
        return backtrace_libunwind != NULL;
}

int unwind_slow_backtrace(void **ret_address, int address_max)
{
        return backtrace_libunwind ? backtrace_libunwind(ret_address, address_max) : 0;
}
