/* dlopen and dlclose, on their way to the real ones. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "preload/record/modules.h"
#include "preload/thread.h"

typedef void *open_function(const char *file, int mode);
typedef int close_function(void *handle);

/* RTLD_DEEPBIND would bind the library to libc's free and to our malloc at once. The real dlopen is called as a tail
 * call: it finds RUNPATH and namespace of the caller by its return address. `make lint` checks the jump. */
EXPORT void *dlopen(const char *file, int mode)
{
        static open_function *real;

        if (UNLIKELY(!real))
                real = (open_function *)dlsym(RTLD_NEXT, "dlopen");
        return real(file, mode & ~RTLD_DEEPBIND);
}

EXPORT int dlclose(void *handle)
{
        static close_function *real;
        struct thread *thread;
        int status;

        if (UNLIKELY(!real))
                real = (close_function *)dlsym(RTLD_NEXT, "dlclose");
        if (!thread_recorded)
                return real(handle);
        /* What stacks name of the library must have been said before it goes. */
        thread = thread_enter();
        if (thread) {
                recorder_unload_begin(&thread->recorder);
                thread_leave(thread);
        }
        modules_unload_begin();
        status = real(handle);
        modules_unload_end();
        return status;
}
