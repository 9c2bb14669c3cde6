/* Threads that are neither joined nor detached leave libc's and the loader's blocks behind, which are not the program's leaks.
 * build: $CC $FLAGS -DLIBRARY -shared -fPIC -o $OUT/lib.so $SRC
 * build: $CC $FLAGS -o $EXE $SRC -ldl
 * run: $OUT/lib.so
 * expect: process main threads=31
 * expect: no leaks
 * memcheck: differs lost 0/0 possible 10/40960: it takes the loader's table of a thread's variables, and what hangs on it, for possibly lost
 */
#include "leaks.h"

#ifdef LIBRARY
static __thread char room[4096];

NOINLINE void tls_of_library(void);
NOINLINE void tls_of_library(void) { *(volatile char *)room = 1; }
#else
#include <dlfcn.h>
#include <pthread.h>

static void (*function)(void);

static void *thread(void *argument)
{
        function();
        free(keep(malloc(100)));
        return argument;
}

int main(UNUSED int argc, char **argv)
{
        pthread_t id;
        void *library;

        CHECK(library = dlopen(argv[1], RTLD_NOW));
        CHECK(function = (void (*)(void))dlsym(library, "tls_of_library"));
        for (int i = 0; i < 30; i++) {
                CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
                if (i % 3 == 0)
                        CHECK(pthread_join(id, NULL) == 0);
                if (i % 3 == 1)
                        CHECK(pthread_detach(id) == 0);
        }
        sleep_ms(50);
        return 0;
}
#endif
